//! `#[contract]` on an impl block: the methods' exports and lines.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Error, ImplItem, ItemImpl, Path, Result};

use crate::method::{Method, Mode};
use crate::shape::Shapes;

/// The impl block, its table of methods, the exports, and the lines.
pub(crate) fn expand(arguments: TokenStream, mut item: ItemImpl) -> Result<TokenStream> {
    let interfaces = interfaces(arguments)?;
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
    let held = interfaces.iter().map(|client| {
        quote_spanned! {client.span()=>
            const _: () = ::countersign_contract::__private::assert_implemented::<#contract>(<#client>::REQUIRED);
        }
    });
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
        #(#held)*
    })
}

/// The clients of the interfaces given as `interface = path`.
fn interfaces(arguments: TokenStream) -> Result<Vec<Path>> {
    let mut clients = Vec::new();
    let parser = syn::meta::parser(|meta| {
        if !meta.path.is_ident("interface") {
            return Err(
                meta.error("expected `interface = Trait`; a contract's name belongs to #[contract] on the struct")
            );
        }
        let mut client: Path = meta.value()?.parse()?;
        if let Some(last) = client.segments.last_mut() {
            last.ident = format_ident!("{}Client", last.ident, span = last.ident.span());
        }
        clients.push(client);
        Ok(())
    });
    syn::parse::Parser::parse2(parser, arguments)?;
    Ok(clients)
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
            .and_then(|mode| mode.map(|mode| Method::parse(mode, &function.sig, &function.attrs, shapes)).transpose());
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
