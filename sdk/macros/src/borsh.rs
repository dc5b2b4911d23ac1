//! Implementations of borsh's traits, equal to borsh's own derives. Written here so that a contract
//! needs no dependency and no second derive.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Data, DeriveInput, Error, Fields, Ident, Member, Result};

/// `BorshSerialize`, and `BorshDeserialize` unless the type borrows.
pub(crate) fn expand(item: &DeriveInput) -> Result<TokenStream> {
    if item.generics.type_params().next().is_some() || item.generics.const_params().next().is_some() {
        return Err(Error::new_spanned(&item.generics, "the interface cannot describe a generic type"));
    }
    let name = &item.ident;
    let (parameters, arguments, bounds) = item.generics.split_for_impl();
    let serialize = serialize(item)?;
    let deserialize = if item.generics.lifetimes().next().is_none() {
        let body = deserialize(item)?;
        quote! {
            #[automatically_derived]
            impl ::countersign_contract::borsh::BorshDeserialize for #name {
                fn deserialize_reader<R: ::countersign_contract::borsh::io::Read>(
                    reader: &mut R,
                ) -> ::countersign_contract::borsh::io::Result<Self> {
                    #body
                }
            }
        }
    } else {
        TokenStream::new()
    };
    Ok(quote! {
        #[automatically_derived]
        impl #parameters ::countersign_contract::borsh::BorshSerialize for #name #arguments #bounds {
            fn serialize<W: ::countersign_contract::borsh::io::Write>(
                &self,
                writer: &mut W,
            ) -> ::countersign_contract::borsh::io::Result<()> {
                #serialize
                ::core::result::Result::Ok(())
            }
        }
        #deserialize
    })
}

fn serialize(item: &DeriveInput) -> Result<TokenStream> {
    match &item.data {
        Data::Struct(data) => {
            let (pattern, write) = written(&data.fields);
            Ok(quote! { let Self #pattern = self; #write })
        }
        Data::Enum(data) if data.variants.is_empty() => {
            Err(Error::new_spanned(&item.ident, "an enum without variants has no values to encode"))
        }
        Data::Enum(data) => {
            let mut arms = Vec::new();
            for (index, variant) in data.variants.iter().enumerate() {
                let tag =
                    u8::try_from(index).map_err(|_| Error::new_spanned(variant, "an enum has at most 256 variants"))?;
                if let Some((_, value)) = &variant.discriminant {
                    return Err(Error::new_spanned(
                        value,
                        "variants are numbered by their position; leave the number out",
                    ));
                }
                let name = &variant.ident;
                let (pattern, write) = written(&variant.fields);
                arms.push(quote! {
                    Self::#name #pattern => {
                        ::countersign_contract::borsh::BorshSerialize::serialize(&#tag, writer)?;
                        #write
                    }
                });
            }
            Ok(quote! { match self { #(#arms)* } })
        }
        Data::Union(_) => Err(Error::new_spanned(&item.ident, "a union cannot be encoded; use a struct or an enum")),
    }
}

fn deserialize(item: &DeriveInput) -> Result<TokenStream> {
    let Data::Enum(data) = &item.data else {
        let read = match &item.data {
            Data::Struct(data) => read(&data.fields),
            _ => TokenStream::new(),
        };
        return Ok(quote! { ::core::result::Result::Ok(Self #read) });
    };
    let mut arms = Vec::new();
    for (index, variant) in data.variants.iter().enumerate() {
        let tag = u8::try_from(index).map_err(|_| Error::new_spanned(variant, "an enum has at most 256 variants"))?;
        let name = &variant.ident;
        let read = read(&variant.fields);
        arms.push(quote! { #tag => Self::#name #read, });
    }
    Ok(quote! {
        let tag: u8 = ::countersign_contract::borsh::BorshDeserialize::deserialize_reader(reader)?;
        ::core::result::Result::Ok(match tag {
            #(#arms)*
            _ => {
                return ::core::result::Result::Err(
                    ::countersign_contract::borsh::io::Error::new(
                        ::countersign_contract::borsh::io::ErrorKind::InvalidData,
                        "no such variant",
                    ),
                );
            }
        })
    })
}

/// A pattern that binds all fields, and code that writes them.
fn written(fields: &Fields) -> (TokenStream, TokenStream) {
    let (members, bindings) = members(fields);
    (
        quote!({ #(#members: #bindings),* }),
        quote!(#(::countersign_contract::borsh::BorshSerialize::serialize(#bindings, writer)?;)*),
    )
}

/// A braced expression that reads all fields.
fn read(fields: &Fields) -> TokenStream {
    let (members, _) = members(fields);
    quote!({
        #(#members: ::countersign_contract::borsh::BorshDeserialize::deserialize_reader(reader)?),*
    })
}

/// The fields by name or number, and a binding for each.
fn members(fields: &Fields) -> (Vec<Member>, Vec<Ident>) {
    fields.members().enumerate().map(|(index, member)| (member, format_ident!("field_{index}"))).unzip()
}
