//! The OpenRPC document, made of the methods' types.
//! Source: <https://spec.open-rpc.org> 1.3, schemas in JSON Schema draft 7.

use crate::Method;
use crate::error::Code;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema as _, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

/// A method, as the document needs it.
#[derive(Debug, Clone)]
pub struct Description {
    /// `namespace_verbNoun`.
    pub name: &'static str,
    summary: &'static str,
    schemas: fn(&mut SchemaGenerator) -> (Schema, Schema),
}

impl Description {
    /// Of a method's type.
    #[must_use]
    pub fn of<M: Method>() -> Self {
        let schemas = |generator: &mut SchemaGenerator| {
            (M::Params::json_schema(generator), generator.subschema_for::<M::Answer>())
        };
        Self { name: M::NAME, summary: M::SUMMARY, schemas }
    }
}

/// The document over some methods.
#[must_use]
pub fn document(title: &str, version: &str, methods: &[Description]) -> Value {
    let settings = SchemaSettings::draft07().with(|settings| settings.definitions_path = "/components/schemas".into());
    let mut generator = settings.into_generator();
    let methods: Vec<Value> = methods.iter().map(|method| entry(method, &mut generator)).collect();
    let schemas = generator.take_definitions(true);
    json!({
        "openrpc": "1.3.2",
        "info": { "title": title, "version": version, "license": { "name": "Apache-2.0" } },
        "methods": methods,
        "components": { "schemas": schemas, "errors": errors() },
    })
}

fn entry(method: &Description, generator: &mut SchemaGenerator) -> Value {
    let (params, answer) = (method.schemas)(generator);
    json!({
        "name": method.name,
        "summary": method.summary,
        "paramStructure": "by-name",
        "params": content_descriptors(params.as_value()),
        "result": { "name": "result", "schema": answer },
    })
}

/// One content descriptor for each property of the parameters' object.
fn content_descriptors(params: &Value) -> Vec<Value> {
    let required: Vec<&str> =
        params.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let properties = params.get("properties").and_then(Value::as_object);
    let mut descriptors: Vec<Value> = properties
        .into_iter()
        .flatten()
        .map(|(name, schema)| json!({ "name": name, "required": required.contains(&name.as_str()), "schema": schema }))
        .collect();
    // OpenRPC wants required parameters before optional ones.
    descriptors.sort_by_key(|descriptor| descriptor.get("required") != Some(&Value::Bool(true)));
    descriptors
}

fn errors() -> Map<String, Value> {
    let object = |code: &Code| json!({ "code": code.number(), "message": code.message() });
    Code::ALL.iter().map(|code| (code.name().to_owned(), object(code))).collect()
}
