//! Custom sections: lines of JSON for `countersign.abi`, and `countersign.layout`.

use proc_macro2::{Literal, TokenStream};
use quote::quote;
use sha2::{Digest as _, Sha256};

/// A JSON object under construction, its members in the order of the calls.
pub(crate) struct Object(String);

impl Object {
    /// An object without members.
    pub(crate) fn new() -> Self {
        Self("{".to_owned())
    }

    /// Adds a string.
    pub(crate) fn text(self, name: &str, value: &str) -> Self {
        self.raw(name, &quoted(value))
    }

    /// Adds a list of objects.
    pub(crate) fn list(self, name: &str, items: impl IntoIterator<Item = Object>) -> Self {
        let items: Vec<String> = items.into_iter().map(Object::end).collect();
        self.raw(name, &format!("[{}]", items.join(",")))
    }

    /// Adds a number or `true`.
    pub(crate) fn raw(self, name: &str, value: &str) -> Self {
        let Self(mut text) = self;
        if text.len() > 1 {
            text.push(',');
        }
        text.push_str(&quoted(name));
        text.push(':');
        text.push_str(value);
        Self(text)
    }

    fn end(self) -> String {
        self.0 + "}"
    }
}

/// The static that carries `object` as a line of the section.
pub(crate) fn line(object: Object) -> TokenStream {
    let text = object.end() + "\n";
    let len = text.len();
    let bytes = Literal::byte_string(text.as_bytes());
    quote! {
        #[cfg(target_arch = "wasm32")]
        #[allow(unsafe_code)]
        const _: () = {
            #[unsafe(link_section = "countersign.abi")]
            pub static LINE: [u8; #len] = *#bytes;
        };
    }
}

/// The static that carries the layout of a contract's state.
pub(crate) fn layout(version: u32, fields: &[(String, String)]) -> TokenStream {
    let text: String = fields.iter().map(|(name, kind)| format!("{name}:{kind}\n")).collect();
    let bytes = [version.to_le_bytes().as_slice(), Sha256::digest(text).as_slice()].concat();
    let len = bytes.len();
    let bytes = Literal::byte_string(&bytes);
    quote! {
        #[cfg(target_arch = "wasm32")]
        #[allow(unsafe_code)]
        const _: () = {
            #[unsafe(link_section = "countersign.layout")]
            pub static LAYOUT: [u8; #len] = *#bytes;
        };
    }
}

/// A JSON string.
fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            c if u32::from(c) < 0x20 => quoted.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::Object;

    #[test]
    fn members_keep_their_order_and_strings_are_escaped() {
        let object = Object::new()
            .text("docs", "a \"b\"\\\n\t\u{e9}")
            .raw("abi", "1")
            .list("args", [Object::new(), Object::new().text("x", "")]);
        assert_eq!(object.end(), r#"{"docs":"a \"b\"\\\n\u0009é","abi":1,"args":[{},{"x":""}]}"#);
    }
}
