//! How the embedded interface names types, and what must hold for those names to be true.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::spanned::Spanned as _;
use syn::{Error, Expr, ExprLit, Fields, GenericArgument, Lit, PathArguments, PathSegment, Result, Type};

use crate::docs;
use crate::section::Object;

/// Collects the conditions under which the names given so far are true.
#[derive(Default)]
pub(crate) struct Shapes {
    conditions: Vec<TokenStream>,
    /// Whether references are accepted, as the owned types that they encode like.
    borrowed: bool,
}

impl Shapes {
    /// For types that are only written, so that they may borrow.
    pub(crate) fn borrowed() -> Self {
        Self { conditions: Vec::new(), borrowed: true }
    }

    /// The interface's name of a type.
    pub(crate) fn name(&mut self, ty: &Type) -> Result<String> {
        match ty {
            Type::Paren(inner) => self.name(&inner.elem),
            Type::Group(inner) => self.name(&inner.elem),
            Type::Tuple(tuple) => {
                let names: Result<Vec<String>> = tuple.elems.iter().map(|ty| self.name(ty)).collect();
                Ok(format!("({})", names?.join(",")))
            }
            Type::Array(array) => match (self.name(&array.elem)?.as_str(), &array.len) {
                ("u8", Expr::Lit(ExprLit { lit: Lit::Int(len), .. })) => Ok(format!("[u8;{}]", len.base10_digits())),
                ("u8", len) => {
                    Err(Error::new_spanned(len, "the interface needs the array's length as a literal number"))
                }
                (element, _) => Err(Error::new_spanned(ty, format!("arrays are of bytes; use `Vec<{element}>`"))),
            },
            Type::Path(path) if path.qself.is_none() => match path.path.segments.last() {
                Some(segment) => self.path(ty, segment),
                None => Err(unnameable(ty)),
            },
            Type::Reference(reference) if self.borrowed => match &*reference.elem {
                Type::Slice(slice) => Ok(format!("Vec<{}>", self.name(&slice.elem)?)),
                Type::Path(path) if path.path.is_ident("str") => Ok("String".to_owned()),
                inner => self.name(inner),
            },
            Type::Reference(_) => Err(Error::new_spanned(
                ty,
                "arguments, results and stored values are owned: `String` for `&str`, `Vec<T>` for `&[T]`",
            )),
            _ => Err(unnameable(ty)),
        }
    }

    /// The interface's name of a method's error type.
    pub(crate) fn error_name(&mut self, ty: &Type) -> Result<String> {
        let name = match ty {
            Type::Path(path) => path.path.segments.last(),
            _ => None,
        };
        let Some(segment) = name.filter(|segment| segment.arguments.is_none()) else {
            return Err(Error::new_spanned(ty, "the error of a method is an enum with #[derive(ContractError)]"));
        };
        let name = segment.ident.unraw().to_string();
        self.conditions.push(quote_spanned! {ty.span()=>
            ::countersign_contract::__private::assert_error_described::<#ty>(#name);
        });
        Ok(name)
    }

    /// Fields as members of an interface line.
    pub(crate) fn fields(&mut self, fields: &Fields) -> Result<Vec<Object>> {
        fields
            .iter()
            .enumerate()
            .map(|(index, field)| {
                let name = match &field.ident {
                    Some(ident) => ident.unraw().to_string(),
                    None => index.to_string(),
                };
                Ok(Object::new()
                    .text("name", &name)
                    .text("type", &self.name(&field.ty)?)
                    .text("docs", &docs::text(&field.attrs)))
            })
            .collect()
    }

    /// Code that does not compile unless all names given are true.
    pub(crate) fn conditions(self) -> TokenStream {
        let conditions = self.conditions;
        quote!(const _: () = { #(#conditions)* };)
    }

    fn path(&mut self, ty: &Type, segment: &PathSegment) -> Result<String> {
        let name = segment.ident.unraw().to_string();
        let generics = generics(segment)?;
        match (name.as_str(), generics.as_slice()) {
            ("u8" | "u16" | "u32" | "u64" | "u128" | "i8" | "i16" | "i32" | "i64" | "i128" | "bool" | "String", []) => {
                Ok(name)
            }
            ("Vec" | "Option", [element]) => Ok(format!("{name}<{}>", self.name(element)?)),
            ("BTreeMap", [key, value]) => Ok(format!("BTreeMap<{},{}>", self.name(key)?, self.name(value)?)),
            ("Address" | "Hash" | "PublicKey", []) => {
                self.conditions.push(quote_spanned! {ty.span()=>
                    ::countersign_contract::__private::alias_is_bytes32(|_: #ty| ());
                });
                Ok("[u8;32]".to_owned())
            }
            ("f32" | "f64", []) => Err(Error::new_spanned(
                ty,
                "floats have no exact meaning across machines; use an integer in a smaller unit",
            )),
            ("usize" | "isize", []) => {
                Err(Error::new_spanned(ty, "the size of this integer depends on the machine; use u64, u32, i64 or i32"))
            }
            ("HashMap" | "HashSet" | "BTreeSet", _) => {
                Err(Error::new_spanned(ty, "use `BTreeMap` or a sorted `Vec`: their encoding has one order"))
            }
            ("Result", _) => {
                Err(Error::new_spanned(ty, "`Result<T, E>` is only a method's return type, with both types named"))
            }
            (_, []) => {
                self.conditions.push(quote_spanned! {ty.span()=>
                    ::countersign_contract::__private::assert_described::<#ty>(#name);
                });
                Ok(name)
            }
            _ => Err(Error::new_spanned(
                ty,
                "the interface cannot describe this generic type; known are Vec, Option and BTreeMap",
            )),
        }
    }
}

/// The type arguments of a path's last segment.
fn generics(segment: &PathSegment) -> Result<Vec<&Type>> {
    match &segment.arguments {
        PathArguments::None => Ok(Vec::new()),
        PathArguments::AngleBracketed(arguments) => arguments
            .args
            .iter()
            .map(|argument| match argument {
                GenericArgument::Type(ty) => Ok(ty),
                other => Err(unnameable(other)),
            })
            .collect(),
        other @ PathArguments::Parenthesized(_) => Err(unnameable(other)),
    }
}

fn unnameable(tokens: impl quote::ToTokens) -> Error {
    Error::new_spanned(tokens, "the contract's interface cannot describe this type")
}
