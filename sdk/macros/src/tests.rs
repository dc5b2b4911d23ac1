//! What the macros expand to, held as text: a change of it is seen in review.
#![allow(clippy::unwrap_used)]

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse_quote;

use crate::{described, error, event, interface, methods, state};

fn formatted(tokens: TokenStream) -> String {
    let file: syn::File = syn::parse2(tokens).unwrap();
    prettyplease::unparse(&file)
}

#[test]
fn state_expands() {
    let item = parse_quote! {
        /// What a shop keeps.
        pub struct CornerShop {
            total: Item<u64>,
            r#type: Map<String, u8>,
        }
    };
    let expanded = formatted(state::expand(quote!(), item).unwrap());
    let version = concat!(r#"\"version\":\""#, env!("CARGO_PKG_VERSION"));
    insta::assert_snapshot!(expanded.replace(version, r#"\"version\":\"0.0.0"#));
}

#[test]
fn methods_expand() {
    let item = parse_quote! {
        impl Shop {
            #[init]
            pub fn init(&mut self, owner: Address) {}

            /// Buys "things".
            #[call]
            pub fn buy(
                &mut self,
                ctx: &mut Context,
                what: String,
                lots: Vec<(Lot, Option<[u8; 20]>)>,
            ) -> Result<BTreeMap<String, Lot>, Error> {
                self.check()
            }

            #[view]
            pub fn open() -> bool {
                true
            }

            fn check(&self) {}
        }
    };
    insta::assert_snapshot!(formatted(methods::expand(quote!(), item).unwrap()));
}

#[test]
fn types_expand() {
    let item = parse_quote! {
        /// How a lot stands.
        pub enum Stage {
            Open,
            /// Not to be sold.
            Held { by: String, since: u64 },
            Gone(Lot, [u8; 4]),
        }
    };
    insta::assert_snapshot!(formatted(described::expand(&item).unwrap()));
}

#[test]
fn errors_expand() {
    let item = parse_quote! {
        pub enum Error {
            /// No such lot.
            NotFound,
            Held { by: String },
        }
    };
    insta::assert_snapshot!(formatted(error::expand(&item).unwrap()));
}

#[test]
fn events_expand() {
    let item = parse_quote! {
        /// A lot was sold.
        pub struct Sold<'a> {
            #[indexed]
            pub lot: &'a str,
            pub lines: &'a [Line],
        }
    };
    insta::assert_snapshot!(formatted(event::expand(&item).unwrap()));
}

#[test]
fn interfaces_expand() {
    let item = parse_quote! {
        /// What a shop offers to other contracts.
        pub trait Shop {
            /// Buys "things".
            #[call]
            fn buy(&mut self, what: String, lots: Vec<Lot>) -> Result<u64, Error>;

            #[view]
            fn open(&self) -> bool;
        }
    };
    insta::assert_snapshot!(formatted(interface::expand(quote!(), item).unwrap()));
}
