//! `#[contract]` on an impl block: the methods' exports and lines.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Error, ImplItem, ItemImpl, Result};

use crate::method::{Method, Mode};
use crate::shape::Shapes;

/// The impl block, its table of methods, the exports, and the lines.
pub(crate) fn expand(arguments: TokenStream, mut item: ItemImpl) -> Result<TokenStream> {
    if !arguments.is_empty() {
        return Err(Error::new_spanned(arguments, "the contract's name belongs to #[contract] on the struct"));
    }
    if let Some((_, path, _)) = &item.trait_ {
        return Err(Error::new_spanned(path, "#[contract] belongs on the contract's own impl block, not on a trait's"));
    }
    if !item.generics.params.is_empty() {
        return Err(Error::new_spanned(&item.generics, "a contract's impl block has no generics"));
    }
    let mut shapes = Shapes::default();
    let methods = methods(&mut item, &mut shapes)?;
    let contract = &item.self_ty;
    let runs = methods.iter().map(|method| method.run(contract));
    let entries = methods.iter().map(Method::entry);
    let exports = methods.iter().map(Method::export);
    let lines = methods.iter().map(Method::line);
    let conditions = shapes.conditions();
    Ok(quote! {
        #item
        const _: () = {
            #(#runs)*
            impl ::countersign_contract::Contract for #contract {
                const METHODS: &'static [::countersign_contract::Method] = &[#(#entries),*];
            }
            #(#exports)*
        };
        #(#lines)*
        #conditions
    })
}

/// The marked functions of the block, whose marks are taken off. All mistakes are told at once.
fn methods(item: &mut ItemImpl, shapes: &mut Shapes) -> Result<Vec<Method>> {
    let mut methods: Vec<Method> = Vec::new();
    let mut mistakes: Option<Error> = None;
    for function in &mut item.items {
        let ImplItem::Fn(function) = function else {
            continue;
        };
        let method = Mode::take(&mut function.attrs)
            .and_then(|mode| mode.map(|mode| Method::parse(mode, function, shapes)).transpose());
        match method {
            Ok(method) => methods.extend(method),
            Err(mistake) => match &mut mistakes {
                Some(mistakes) => mistakes.combine(mistake),
                None => mistakes = Some(mistake),
            },
        }
    }
    if let Some(mistakes) = mistakes {
        return Err(mistakes);
    }
    if methods.is_empty() {
        return Err(Error::new_spanned(
            &item.self_ty,
            "mark at least one method with #[call], #[view], #[init] or #[migrate]",
        ));
    }
    Ok(methods)
}
