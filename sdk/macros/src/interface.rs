//! `#[interface]` on a trait: the client of contracts that have its methods.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Error, ItemTrait, Result, TraitItem};

use crate::method::{Method, Mode};
use crate::shape::Shapes;

/// The trait without its marks, its client, and what the client requires of a contract. No line of
/// the embedded interface: the trait is linked into the modules of callers too.
pub(crate) fn expand(arguments: TokenStream, mut item: ItemTrait) -> Result<TokenStream> {
    if !arguments.is_empty() {
        return Err(Error::new_spanned(arguments, "#[interface] takes no arguments"));
    }
    if !item.generics.params.is_empty() || !item.supertraits.is_empty() {
        return Err(Error::new_spanned(&item.ident, "an interface has no generics and no supertraits"));
    }
    let mut shapes = Shapes::default();
    let mut methods = Vec::new();
    for function in &mut item.items {
        methods.push(method(function, &mut shapes)?);
    }
    if methods.is_empty() {
        return Err(Error::new_spanned(&item.ident, "an interface has at least one method, marked #[call] or #[view]"));
    }
    let (visibility, name) = (&item.vis, &item.ident);
    let client = format_ident!("{name}Client");
    let docs = format!(" Calls the methods of [`{name}`] of a contract at an address.");
    let required = methods.iter().map(Method::required);
    let calls = methods.iter().map(Method::client);
    let conditions = shapes.conditions();
    Ok(quote! {
        #[allow(dead_code)]
        #item

        #[doc = #docs]
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #visibility struct #client {
            address: ::countersign_contract::Address,
            gas: u64,
        }

        #[allow(dead_code)]
        impl #client {
            #[doc(hidden)]
            pub const REQUIRED: &'static [::countersign_contract::Required] = &[#(#required),*];

            /// The client of the contract at an address, which may use all gas that is left.
            #[must_use]
            pub const fn at(address: ::countersign_contract::Address) -> Self {
                Self { address, gas: u64::MAX }
            }

            /// Limits what each call may use.
            #[must_use]
            pub const fn gas(self, gas: u64) -> Self {
                Self { gas, ..self }
            }

            #(#calls)*
        }
        #conditions
    })
}

/// A marked function of the trait, whose mark is taken off.
fn method(function: &mut TraitItem, shapes: &mut Shapes) -> Result<Method> {
    let TraitItem::Fn(function) = function else {
        return Err(Error::new_spanned(function, "an interface has methods alone"));
    };
    if let Some(body) = &function.default {
        return Err(Error::new_spanned(body, "a method of an interface has no body: the contract has it"));
    }
    let Some(mode) = Mode::take(&mut function.attrs)? else {
        return Err(Error::new_spanned(&function.sig, "mark the method with #[call] or #[view], as the contract does"));
    };
    let method = Method::parse(mode, &function.sig, &function.attrs, shapes)?;
    method.check_foreign(&function.sig)?;
    Ok(method)
}
