//! The macros of the Countersign guest SDK. Use them through `countersign-contract`, whose guide
//! shows them at work.
//!
//! Besides Rust code each macro writes one or more lines of JSON into the custom section
//! `countersign.abi` of the contract's Wasm module: the interface that the CLI, the explorer and the
//! RPC server read. The lines describe types by their names as written; what a name cannot say (an
//! alias) is refused at compile time.

mod borsh;
mod described;
mod docs;
mod error;
mod event;
mod interface;
mod method;
mod methods;
mod section;
mod shape;
mod state;
#[cfg(test)]
mod tests;

use proc_macro::TokenStream;
use syn::parse_macro_input;

/// Makes a struct the stored state of a contract, and an impl block its methods.
///
/// On a struct each field is `Item`, `Map`, `Set`, `OrderedMap`, `Index`, `Log` or `Logs`, stored
/// under the field's name. The contract's name is the struct's in snake case, or that of `#[contract(name = "…")]`.
///
/// On the impl block, `#[call]` marks methods for transactions, `#[view]` those that only read,
/// `#[init]` the one that deployment runs (its name must be `init`), `#[migrate]` the one that an
/// upgrade runs (`migrate`). Other functions stay private. A method takes `&mut self` (views
/// `&self`), then `ctx: &mut Context` (views `&Context`) if it needs it, then owned arguments.
/// `#[contract(interface = path::Trait)]` there holds at compile time that the contract has the
/// methods of an [`interface`](macro@interface), with the same types.
#[proc_macro_attribute]
pub fn contract(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let item = parse_macro_input!(item as syn::Item);
    let expanded = match item {
        syn::Item::Struct(item) => state::expand(arguments.into(), item),
        syn::Item::Impl(item) => methods::expand(arguments.into(), item),
        other => {
            Err(syn::Error::new_spanned(other, "#[contract] belongs on the contract's struct and on its impl block"))
        }
    };
    expanded.unwrap_or_else(|error| error.to_compile_error()).into()
}

/// Makes a trait `X` the interface of contracts that others call: `XClient::at(address)` has its
/// methods, which take the caller's context and answer `Result<T, Refused<E>>`.
///
/// Its methods are marked `#[call]` or `#[view]`, take `&mut self` or `&self` and owned arguments,
/// and have no bodies. It belongs into a crate of its own: who depends on the crate of another
/// contract exports that contract's methods too.
#[proc_macro_attribute]
pub fn interface(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let item = parse_macro_input!(item as syn::ItemTrait);
    interface::expand(arguments.into(), item).unwrap_or_else(|error| error.to_compile_error()).into()
}

/// Makes a struct or enum a type of arguments, results and stored values: borsh's two traits and a
/// line in the embedded interface.
#[proc_macro_derive(ContractType)]
pub fn contract_type(item: TokenStream) -> TokenStream {
    derive(item, described::expand)
}

/// Makes an enum the error type of methods. A variant's code is its position, counted from 1.
#[proc_macro_derive(ContractError)]
pub fn contract_error(item: TokenStream) -> TokenStream {
    derive(item, error::expand)
}

/// Makes a struct an event. `#[indexed]` fields (up to eight) are what queries may ask for.
#[proc_macro_derive(ContractEvent, attributes(indexed))]
pub fn contract_event(item: TokenStream) -> TokenStream {
    derive(item, event::expand)
}

fn derive(item: TokenStream, expand: fn(&syn::DeriveInput) -> syn::Result<proc_macro2::TokenStream>) -> TokenStream {
    let item = parse_macro_input!(item as syn::DeriveInput);
    expand(&item).unwrap_or_else(|error| error.to_compile_error()).into()
}
