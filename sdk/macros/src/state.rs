//! `#[contract]` on a struct: the stored state, and the contract's line.

use std::env;

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::spanned::Spanned as _;
use syn::{Error, Fields, ItemStruct, LitStr, Result};

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
    let name = name(arguments, &ident.unraw().to_string())?;
    let version = env::var("CARGO_PKG_VERSION").unwrap_or_default();
    let line = section::line(
        Object::new()
            .text("kind", "contract")
            .text("name", &name)
            .text("version", &version)
            .raw("abi", ABI_VERSION)
            .text("docs", &docs::text(&item.attrs)),
    );
    Ok(quote! {
        #item
        impl ::countersign_contract::State for #ident {
            fn open() -> Self {
                Self #handles
            }
        }
        #line
    })
}

/// The name given as `name = "…"`, or the struct's in snake case.
fn name(arguments: TokenStream, ident: &str) -> Result<String> {
    let mut name = None;
    let parser = syn::meta::parser(|meta| {
        if !meta.path.is_ident("name") {
            return Err(meta.error("expected `name = \"…\"`"));
        }
        let text: LitStr = meta.value()?.parse()?;
        if text.value().is_empty() || text.value().len() > NAME_BYTES_MAX {
            return Err(Error::new_spanned(text, "a contract's name has 1 to 64 bytes"));
        }
        name = Some(text.value());
        Ok(())
    });
    syn::parse::Parser::parse2(parser, arguments)?;
    Ok(name.unwrap_or_else(|| snake(ident)))
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
