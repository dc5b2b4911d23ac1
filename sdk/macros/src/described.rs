//! `#[derive(ContractType)]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt as _;
use syn::{Data, DeriveInput, Error, Result};

use crate::section::Object;
use crate::shape::Shapes;
use crate::{borsh, docs, section};

/// Borsh's traits, the type's name, and its line.
pub(crate) fn expand(item: &DeriveInput) -> Result<TokenStream> {
    if !item.generics.params.is_empty() {
        return Err(Error::new_spanned(&item.generics, "the interface cannot describe a generic type"));
    }
    let borsh = borsh::expand(item)?;
    let ident = &item.ident;
    let name = ident.unraw().to_string();
    let mut shapes = Shapes::default();
    let line = section::line(line(item, &name, &mut shapes)?);
    let conditions = shapes.conditions();
    Ok(quote! {
        #borsh
        #[automatically_derived]
        impl ::countersign_contract::ContractType for #ident {
            const NAME: &'static str = #name;
        }
        #conditions
        #line
    })
}

fn line(item: &DeriveInput, name: &str, shapes: &mut Shapes) -> Result<Object> {
    let object = |kind| Object::new().text("kind", kind).text("name", name).text("docs", &docs::text(&item.attrs));
    match &item.data {
        Data::Struct(data) => Ok(object("struct").list("fields", shapes.fields(&data.fields)?)),
        Data::Enum(data) => {
            let variants: Result<Vec<Object>> = data
                .variants
                .iter()
                .map(|variant| {
                    Ok(Object::new()
                        .text("name", &variant.ident.unraw().to_string())
                        .text("docs", &docs::text(&variant.attrs))
                        .list("fields", shapes.fields(&variant.fields)?))
                })
                .collect();
            Ok(object("enum").list("variants", variants?))
        }
        Data::Union(_) => Err(Error::new_spanned(&item.ident, "a union cannot be encoded; use a struct or an enum")),
    }
}
