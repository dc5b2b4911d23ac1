//! `#[derive(ContractEvent)]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt as _;
use syn::{Data, DeriveInput, Error, Field, Fields, Result};

use crate::section::Object;
use crate::shape::Shapes;
use crate::{borsh, docs, section};

/// As `countersign_abi::attributes::COUNT_MAX`.
const INDEXED_MAX: usize = 8;
/// As `countersign_abi::attributes::NAME_BYTES_MAX`.
const INDEXED_NAME_BYTES_MAX: usize = 32;
/// As `countersign_abi::limits::NAME_BYTES_MAX`.
const NAME_BYTES_MAX: usize = 64;

/// Borsh's traits, the indexed fields, and the event's line.
pub(crate) fn expand(item: &DeriveInput) -> Result<TokenStream> {
    let Data::Struct(data) = &item.data else {
        return Err(not_a_struct(item));
    };
    if matches!(data.fields, Fields::Unnamed(_)) {
        return Err(not_a_struct(item));
    }
    let borsh = borsh::expand(item)?;
    let ident = &item.ident;
    let name = ident.unraw().to_string();
    if name.len() > NAME_BYTES_MAX {
        return Err(Error::new_spanned(ident, "an event's name has at most 64 bytes"));
    }
    let mut shapes = Shapes::borrowed();
    let mut fields = Vec::new();
    let mut added = Vec::new();
    for (field, object) in data.fields.iter().zip(shapes.fields(&data.fields)?) {
        let indexed = is_indexed(field)?;
        fields.push(object.raw("indexed", if indexed { "true" } else { "false" }));
        if let (true, Some(field_ident)) = (indexed, &field.ident) {
            let text = field_ident.unraw().to_string();
            check_indexed(field, &text, &mut shapes)?;
            added.push(quote!(attributes.add(#text, &self.#field_ident);));
        }
        if added.len() > INDEXED_MAX {
            return Err(Error::new_spanned(field, "an event has at most 8 #[indexed] fields"));
        }
    }
    let line = section::line(
        Object::new()
            .text("kind", "event")
            .text("name", &name)
            .text("docs", &docs::text(&item.attrs))
            .list("fields", fields),
    );
    let conditions = shapes.conditions();
    let (parameters, arguments, bounds) = item.generics.split_for_impl();
    Ok(quote! {
        #borsh
        #[automatically_derived]
        impl #parameters ::countersign_contract::ContractEvent for #ident #arguments #bounds {
            const NAME: &'static str = #name;

            fn attributes(&self, attributes: &mut ::countersign_contract::Attributes) {
                #(#added)*
                let _ = attributes;
            }
        }
        #conditions
        #line
    })
}

fn not_a_struct(item: &DeriveInput) -> Error {
    Error::new_spanned(&item.ident, "#[derive(ContractEvent)] belongs on a struct with named fields")
}

fn is_indexed(field: &Field) -> Result<bool> {
    let mut indexed = false;
    for attribute in &field.attrs {
        if attribute.path().is_ident("indexed") {
            attribute.meta.require_path_only()?;
            indexed = true;
        }
    }
    Ok(indexed)
}

fn check_indexed(field: &Field, name: &str, shapes: &mut Shapes) -> Result<()> {
    if name.len() > INDEXED_NAME_BYTES_MAX {
        return Err(Error::new_spanned(&field.ident, "the name of an #[indexed] field has at most 32 bytes"));
    }
    let ty = shapes.name(&field.ty)?;
    let integer = |ty: &str| ty.strip_prefix(['u', 'i']).is_some_and(|bits| bits.parse::<u8>().is_ok());
    if ty == "String" || ty == "bool" || ty == "Vec<u8>" || ty.starts_with("[u8;") || integer(&ty) {
        Ok(())
    } else {
        Err(Error::new_spanned(&field.ty, "an #[indexed] field is a string, an integer, a bool, or bytes"))
    }
}
