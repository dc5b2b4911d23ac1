//! `#[derive(ContractError)]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt as _;
use syn::{Data, DeriveInput, Error, Result};

use crate::section::Object;
use crate::shape::Shapes;
use crate::{borsh, docs, section};

/// Borsh's traits, the codes, and the error's line.
pub(crate) fn expand(item: &DeriveInput) -> Result<TokenStream> {
    let Data::Enum(data) = &item.data else {
        return Err(Error::new_spanned(
            &item.ident,
            "#[derive(ContractError)] belongs on an enum: the variant's position is the code",
        ));
    };
    if !item.generics.params.is_empty() {
        return Err(Error::new_spanned(&item.generics, "the interface cannot describe a generic type"));
    }
    let borsh = borsh::expand(item)?;
    let ident = &item.ident;
    let name = ident.unraw().to_string();
    let mut shapes = Shapes::default();
    let mut variants = Vec::new();
    let mut arms = Vec::new();
    for (code, variant) in (1u32..).zip(&data.variants) {
        let variant_ident = &variant.ident;
        arms.push(quote!(Self::#variant_ident { .. } => #code,));
        variants.push(
            Object::new()
                .text("name", &variant_ident.unraw().to_string())
                .text("docs", &docs::text(&variant.attrs))
                .raw("code", &code.to_string())
                .list("fields", shapes.fields(&variant.fields)?),
        );
    }
    let line = section::line(
        Object::new()
            .text("kind", "error")
            .text("name", &name)
            .text("docs", &docs::text(&item.attrs))
            .list("variants", variants),
    );
    let conditions = shapes.conditions();
    Ok(quote! {
        #borsh
        #[automatically_derived]
        impl ::countersign_contract::ContractError for #ident {
            const NAME: &'static str = #name;

            fn code(&self) -> u32 {
                match self { #(#arms)* }
            }
        }
        #conditions
        #line
    })
}
