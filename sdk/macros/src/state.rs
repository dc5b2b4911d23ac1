//! `#[contract]` on a struct: the stored state, and the contract's line.

use std::env;

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::spanned::Spanned as _;
use syn::{Error, Fields, ItemStruct, LitInt, LitStr, Result};

use crate::section::Object;
use crate::{docs, section};

/// As `countersign_abi::VERSION`.
const ABI_VERSION: &str = "1";
/// As `countersign_abi::limits::NAME_BYTES_MAX`.
const NAME_BYTES_MAX: usize = 64;

/// The struct, its handles, and its line.
pub(crate) fn expand(arguments: TokenStream, item: ItemStruct) -> Result<TokenStream> {
    let ident = &item.ident;
    if !item.generics.params.is_empty() {
        return Err(Error::new_spanned(&item.generics, "a contract's struct has no generics"));
    }
    let handles = match &item.fields {
        Fields::Named(fields) => {
            let handles = fields.named.iter().filter_map(|field| {
                let field_ident = field.ident.as_ref()?;
                let (ty, key) = (&field.ty, field_ident.unraw().to_string());
                Some(quote_spanned! {ty.span()=>
                    #field_ident: <#ty as ::countersign_contract::Slot>::at(#key)
                })
            });
            quote!({ #(#handles),* })
        }
        Fields::Unit => quote!(),
        Fields::Unnamed(fields) => {
            return Err(Error::new_spanned(fields, "name the fields: a field's name is its key in storage"));
        }
    };
    let Arguments { name, layout } = Arguments::parse(arguments, &ident.unraw().to_string())?;
    let fields = fields(&item.fields);
    let layout_section = section::layout(layout, &fields);
    let version = env::var("CARGO_PKG_VERSION").unwrap_or_default();
    let line = section::line(
        Object::new()
            .text("kind", "contract")
            .text("name", &name)
            .text("version", &version)
            .raw("abi", ABI_VERSION)
            .text("docs", &docs::text(&item.attrs))
            .raw("layout", &layout.to_string())
            .list("fields", fields.iter().map(|(name, kind)| Object::new().text("name", name).text("type", kind))),
    );
    Ok(quote! {
        #item
        impl ::countersign_contract::State for #ident {
            fn open() -> Self {
                Self #handles
            }
        }
        #line
        #layout_section
    })
}

/// What stands in the attribute's parentheses.
struct Arguments {
    /// `name = "…"`, or the struct's in snake case.
    name: String,
    /// `layout = …`, or 1.
    layout: u32,
}

impl Arguments {
    fn parse(arguments: TokenStream, ident: &str) -> Result<Self> {
        let (mut name, mut layout) = (None, None);
        let parser = syn::meta::parser(|meta| {
            if meta.path.is_ident("name") {
                let text: LitStr = meta.value()?.parse()?;
                if text.value().is_empty() || text.value().len() > NAME_BYTES_MAX {
                    return Err(Error::new_spanned(text, "a contract's name has 1 to 64 bytes"));
                }
                name = Some(text.value());
            } else if meta.path.is_ident("layout") {
                let number: LitInt = meta.value()?.parse()?;
                let version: u32 = number.base10_parse()?;
                if version == 0 {
                    return Err(Error::new_spanned(number, "layouts count from 1"));
                }
                layout = Some(version);
            } else {
                return Err(meta.error("expected `name = \"…\"` or `layout = …`"));
            }
            Ok(())
        });
        syn::parse::Parser::parse2(parser, arguments)?;
        Ok(Self { name: name.unwrap_or_else(|| snake(ident)), layout: layout.unwrap_or(1) })
    }
}

/// Names and types of the fields as written, without white space, in order of the names: as `countersign_abi::LAYOUT_SECTION`
/// wants them.
fn fields(fields: &Fields) -> Vec<(String, String)> {
    let mut fields: Vec<(String, String)> = fields
        .iter()
        .filter_map(|field| {
            let kind = field.ty.to_token_stream().to_string().split_whitespace().collect();
            Some((field.ident.as_ref()?.unraw().to_string(), kind))
        })
        .collect();
    fields.sort();
    fields
}

fn snake(ident: &str) -> String {
    let mut name = String::new();
    for (index, c) in ident.char_indices() {
        if c.is_uppercase() && index > 0 && !name.ends_with('_') {
            name.push('_');
        }
        name.extend(c.to_lowercase());
    }
    name
}

#[cfg(test)]
mod tests {
    use super::snake;

    #[test]
    fn names_become_snake_case() {
        for (ident, name) in [("Counter", "counter"), ("ColdChain", "cold_chain"), ("A_B", "a_b")] {
            assert_eq!(snake(ident), name);
        }
    }
}
