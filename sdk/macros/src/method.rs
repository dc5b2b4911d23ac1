//! One method of a contract, parsed from its function.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::ext::IdentExt as _;
use syn::{
    Attribute, Error, FnArg, GenericArgument, Ident, Pat, PathArguments, Result, ReturnType, Signature, Type,
    TypeReference,
};

use crate::section::Object;
use crate::shape::Shapes;
use crate::{docs, section};

/// As `countersign_abi::limits::NAME_BYTES_MAX`.
const NAME_BYTES_MAX: usize = 64;
/// Exports that a module has for other purposes, or that the linker would take for its own.
const RESERVED: [&str; 8] = ["memory", "main", "memcpy", "memmove", "memset", "memcmp", "bcmp", "strlen"];

/// How a method may be run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Call,
    View,
    Init,
    Migrate,
}

/// A method's signature.
pub(crate) struct Method {
    mode: Mode,
    ident: Ident,
    name: String,
    docs: String,
    receiver: Option<Borrow>,
    context: Option<Borrow>,
    arguments: Vec<Argument>,
    returns: Returns,
}

/// What a method returns, by the interface's names and as types.
struct Returns {
    described: String,
    /// None for `()` left out.
    ty: Option<Type>,
    /// If the method returns a `Result`.
    error: Option<(String, Type)>,
}

/// Shared or exclusive.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Borrow {
    Shared,
    Exclusive,
}

struct Argument {
    ident: Ident,
    ty: Type,
    described: String,
}

impl Mode {
    const ALL: [(&'static str, Self); 4] =
        [("call", Self::Call), ("view", Self::View), ("init", Self::Init), ("migrate", Self::Migrate)];

    /// Takes the mark off a function's attributes.
    pub(crate) fn take(attributes: &mut Vec<Attribute>) -> Result<Option<Self>> {
        let mut found = None;
        let mut kept = Vec::new();
        for attribute in attributes.drain(..) {
            let mark = Self::ALL.into_iter().find(|(mark, _)| attribute.path().is_ident(mark));
            match (mark, found) {
                (None, _) => kept.push(attribute),
                (Some((_, mode)), None) => {
                    attribute.meta.require_path_only()?;
                    found = Some(mode);
                }
                (Some(_), Some(_)) => {
                    return Err(Error::new_spanned(
                        attribute,
                        "a method is one of #[call], #[view], #[init] and #[migrate]",
                    ));
                }
            }
        }
        *attributes = kept;
        Ok(found)
    }

    fn variant(self) -> TokenStream {
        match self {
            Self::Call => quote!(Call),
            Self::View => quote!(View),
            Self::Init => quote!(Init),
            Self::Migrate => quote!(Migrate),
        }
    }

    fn text(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::View => "view",
            Self::Init => "init",
            Self::Migrate => "migrate",
        }
    }
}

impl Method {
    /// Parses a function marked with `mode`.
    pub(crate) fn parse(
        mode: Mode,
        signature: &Signature,
        attributes: &[Attribute],
        shapes: &mut Shapes,
    ) -> Result<Self> {
        let name = signature.ident.unraw().to_string();
        check_name(mode, &name, &signature.ident)?;
        if let Some(asyncness) = &signature.asyncness {
            return Err(Error::new_spanned(asyncness, "a method is not async"));
        }
        if !signature.generics.params.is_empty() {
            return Err(Error::new_spanned(
                &signature.generics,
                "a method has no generics: callers outside cannot choose types",
            ));
        }
        let mut inputs = signature.inputs.iter().peekable();
        let receiver = match inputs.next_if(|input| matches!(input, FnArg::Receiver(_))) {
            Some(receiver) => Some(parse_receiver(mode, receiver)?),
            None => None,
        };
        let context = match inputs.next_if(|input| is_context(input)) {
            Some(context) => Some(parse_context(mode, context)?),
            None => None,
        };
        let arguments: Result<Vec<Argument>> = inputs.map(|input| parse_argument(input, shapes)).collect();
        let returns = parse_output(&signature.output, shapes)?;
        Ok(Self {
            mode,
            ident: signature.ident.clone(),
            name,
            docs: docs::text(attributes),
            receiver,
            context,
            arguments: arguments?,
            returns,
        })
    }

    /// The function that decodes, runs and answers.
    pub(crate) fn run(&self, contract: &Type) -> TokenStream {
        let run = self.run_ident();
        let method = &self.ident;
        let (idents, types): (Vec<_>, Vec<_>) = self
            .arguments
            .iter()
            .map(|argument| (format_ident!("argument_{}", argument.ident.unraw()), &argument.ty))
            .unzip();
        let names = self.arguments.iter().map(|argument| argument.ident.unraw().to_string());
        let (open, receiver) = match self.receiver {
            None => (quote!(), quote!()),
            Some(borrow) => {
                borrow.of(&format_ident!("contract"), &quote!(<#contract as ::countersign_contract::State>::open()))
            }
        };
        let (make, context) = match self.context {
            None => (quote!(), quote!()),
            Some(borrow) => borrow.of(&format_ident!("context"), &quote!(::countersign_contract::Context::current())),
        };
        let answer = if self.returns.error.is_some() {
            quote! {
                match result {
                    ::core::result::Result::Ok(value) => {
                        ::countersign_contract::__private::answer(&value);
                    }
                    ::core::result::Result::Err(error) => {
                        ::countersign_contract::__private::refuse(&error)
                    }
                }
            }
        } else {
            quote!(::countersign_contract::__private::answer(&result);)
        };
        let mutability = (!self.arguments.is_empty()).then(|| quote!(mut));
        quote! {
            fn #run() {
                let #mutability input = ::countersign_contract::__private::Input::read();
                #(let #idents: #types = input.next(#names);)*
                input.end();
                #open
                #make
                let result = <#contract>::#method(#receiver #context #(#idents),*);
                #answer
            }
        }
    }

    /// The entry of the table of methods.
    pub(crate) fn entry(&self) -> TokenStream {
        let (name, run) = (&self.name, self.run_ident());
        let (mode, signature) = (self.mode.variant(), self.signature());
        quote! {
            ::countersign_contract::Method {
                name: #name,
                mode: ::countersign_contract::Mode::#mode,
                signature: #signature,
                run: #run,
            }
        }
    }

    /// The types of arguments, result and error, as the interface names them.
    fn signature(&self) -> String {
        let arguments: Vec<&str> = self.arguments.iter().map(|argument| argument.described.as_str()).collect();
        let error = self.returns.error.as_ref().map_or(String::new(), |(name, _)| format!(" or {name}"));
        format!("({}) -> {}{error}", arguments.join(", "), self.returns.described)
    }

    /// What a contract must have, to be called by an interface's client.
    pub(crate) fn required(&self) -> TokenStream {
        let (name, mode, signature) = (&self.name, self.mode.variant(), self.signature());
        let refusal = format!(
            "the interface has `#[{}] {name}{signature}`, and this contract has no such method",
            self.mode.text()
        );
        quote! {
            ::countersign_contract::Required {
                name: #name,
                mode: ::countersign_contract::Mode::#mode,
                signature: #signature,
                refusal: #refusal,
            }
        }
    }

    /// The client's method.
    pub(crate) fn client(&self) -> TokenStream {
        let (name, method, docs) = (&self.name, &self.ident, &self.docs);
        let (idents, types): (Vec<_>, Vec<_>) =
            self.arguments.iter().map(|argument| (&argument.ident, &argument.ty)).unzip();
        let value = self.returns.ty.as_ref().map_or_else(|| quote!(()), |ty| quote!(#ty));
        let error = match &self.returns.error {
            Some((_, ty)) => quote!(#ty),
            None => quote!(::countersign_contract::NoError),
        };
        let (context, run) = match self.mode {
            Mode::View => (quote!(&::countersign_contract::Context), quote!(view)),
            _ => (quote!(&mut ::countersign_contract::Context), quote!(call)),
        };
        let docs = format!(" {docs}");
        quote! {
            #[doc = #docs]
            ///
            /// # Errors
            ///
            /// If the contract answers with an error or traps.
            pub fn #method(
                &self,
                ctx: #context,
                #(#idents: #types),*
            ) -> ::core::result::Result<#value, ::countersign_contract::Refused<#error>> {
                ctx.#run(&self.address, #name, &(#(#idents,)*), self.gas).map_err(::core::convert::From::from)
            }
        }
    }

    /// What an interface may not have, since it is the contract's own affair.
    pub(crate) fn check_foreign(&self, signature: &Signature) -> Result<()> {
        if let Mode::Init | Mode::Migrate = self.mode {
            return Err(Error::new_spanned(
                &self.ident,
                "an interface has #[call] and #[view] methods: the chain alone runs `init` and `migrate`",
            ));
        }
        if let "at" | "gas" = self.name.as_str() {
            return Err(Error::new_spanned(
                &self.ident,
                "the client has `at` and `gas` of its own; choose another name",
            ));
        }
        if self.receiver.is_none() {
            return Err(Error::new_spanned(
                signature,
                "a method of an interface takes `&self`, or `&mut self` in a #[call]",
            ));
        }
        if let Some(argument) = self.arguments.iter().find(|argument| argument.ident == "ctx") {
            return Err(Error::new_spanned(&argument.ident, "`ctx` is the caller's context; choose another name"));
        }
        if self.context.is_some() {
            return Err(Error::new_spanned(
                &signature.inputs,
                "leave the context out: the client's methods take the caller's, and the contract has its own",
            ));
        }
        Ok(())
    }

    /// The Wasm export.
    pub(crate) fn export(&self) -> TokenStream {
        let (name, run) = (&self.name, self.run_ident());
        let export = format_ident!("export_{}", self.name);
        quote! {
            #[cfg(target_arch = "wasm32")]
            #[allow(unsafe_code)]
            #[unsafe(export_name = #name)]
            extern "C" fn #export() {
                #run()
            }
        }
    }

    /// The line of the embedded interface.
    pub(crate) fn line(&self) -> TokenStream {
        let arguments = self.arguments.iter().map(|argument| {
            Object::new().text("name", &argument.ident.unraw().to_string()).text("type", &argument.described)
        });
        section::line(
            Object::new()
                .text("kind", "method")
                .text("name", &self.name)
                .text("mode", self.mode.text())
                .text("docs", &self.docs)
                .list("args", arguments)
                .text("returns", &self.returns.described)
                .text("error", self.returns.error.as_ref().map_or("", |(name, _)| name)),
        )
    }

    fn run_ident(&self) -> Ident {
        format_ident!("run_{}", self.name)
    }
}

impl Borrow {
    /// A binding of `value` under `ident`, and the borrow of it as an argument.
    fn of(self, ident: &Ident, value: &TokenStream) -> (TokenStream, TokenStream) {
        match self {
            Self::Shared => (quote!(let #ident = #value;), quote!(&#ident,)),
            Self::Exclusive => (quote!(let mut #ident = #value;), quote!(&mut #ident,)),
        }
    }
}

fn check_name(mode: Mode, name: &str, ident: &Ident) -> Result<()> {
    if name.len() > NAME_BYTES_MAX {
        return Err(Error::new_spanned(ident, "a method's name has at most 64 bytes"));
    }
    if RESERVED.contains(&name) || name.starts_with('_') {
        return Err(Error::new_spanned(ident, format!("`{name}` is reserved in Wasm modules; choose another name")));
    }
    let expected = match mode {
        Mode::Init => "init",
        Mode::Migrate => "migrate",
        Mode::Call | Mode::View if name == "init" || name == "migrate" => {
            return Err(Error::new_spanned(
                ident,
                format!("`{name}` is what the node runs by itself; mark it with #[{name}]"),
            ));
        }
        Mode::Call | Mode::View => name,
    };
    if name == expected {
        Ok(())
    } else {
        Err(Error::new_spanned(ident, format!("the #[{expected}] method must be named `{expected}`")))
    }
}

fn parse_receiver(mode: Mode, input: &FnArg) -> Result<Borrow> {
    let FnArg::Receiver(receiver) = input else {
        return Err(Error::new_spanned(input, "expected `self`"));
    };
    if receiver.reference.is_none() {
        return Err(Error::new_spanned(receiver, "a method borrows: `&mut self` or `&self`"));
    }
    match (mode, receiver.mutability) {
        (_, None) => Ok(Borrow::Shared),
        (Mode::View, Some(_)) => Err(Error::new_spanned(
            receiver,
            "a #[view] writes nothing and takes `&self`; a method that writes is a #[call]",
        )),
        (_, Some(_)) => Ok(Borrow::Exclusive),
    }
}

/// Whether an argument is `&Context` or `&mut Context`.
fn is_context(input: &FnArg) -> bool {
    context_reference(input).is_some()
}

fn context_reference(input: &FnArg) -> Option<&TypeReference> {
    let FnArg::Typed(argument) = input else {
        return None;
    };
    let Type::Reference(reference) = &*argument.ty else {
        return None;
    };
    let Type::Path(path) = &*reference.elem else {
        return None;
    };
    let last = path.path.segments.last()?;
    (last.ident == "Context").then_some(reference)
}

fn parse_context(mode: Mode, input: &FnArg) -> Result<Borrow> {
    let exclusive = context_reference(input).is_some_and(|context| context.mutability.is_some());
    match (mode, exclusive) {
        (_, false) => Ok(Borrow::Shared),
        (Mode::View, true) => Err(Error::new_spanned(input, "a #[view] emits nothing and takes `&Context`")),
        (_, true) => Ok(Borrow::Exclusive),
    }
}

fn parse_argument(input: &FnArg, shapes: &mut Shapes) -> Result<Argument> {
    let FnArg::Typed(argument) = input else {
        return Err(Error::new_spanned(input, "expected an argument"));
    };
    if is_context(input) {
        return Err(Error::new_spanned(input, "the context comes first, after `self`"));
    }
    let Pat::Ident(pattern) = &*argument.pat else {
        return Err(Error::new_spanned(&argument.pat, "an argument needs a plain name, which the interface shows"));
    };
    Ok(Argument { ident: pattern.ident.clone(), ty: (*argument.ty).clone(), described: shapes.name(&argument.ty)? })
}

fn parse_output(output: &ReturnType, shapes: &mut Shapes) -> Result<Returns> {
    let ReturnType::Type(_, ty) = output else {
        return Ok(Returns { described: "()".to_owned(), ty: None, error: None });
    };
    let (value, error) = match result_types(ty)? {
        Some((value, error)) => (value, Some((shapes.error_name(error)?, error.clone()))),
        None => (&**ty, None),
    };
    Ok(Returns { described: shapes.name(value)?, ty: Some(value.clone()), error })
}

fn result_types(ty: &Type) -> Result<Option<(&Type, &Type)>> {
    let Type::Path(path) = ty else {
        return Ok(None);
    };
    let Some(last) = path.path.segments.last().filter(|last| last.ident == "Result") else {
        return Ok(None);
    };
    if let PathArguments::AngleBracketed(arguments) = &last.arguments {
        let mut types = arguments.args.iter();
        if let (Some(GenericArgument::Type(value)), Some(GenericArgument::Type(error)), None) =
            (types.next(), types.next(), types.next())
        {
            return Ok(Some((value, error)));
        }
    }
    Err(Error::new_spanned(ty, "name both types: `Result<T, E>` with E deriving ContractError"))
}
