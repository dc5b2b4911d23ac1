//! Types that the embedded interface describes, so that readers outside can show them as JSON.

use borsh::{BorshDeserialize, BorshSerialize};

/// A type of arguments and results. Derive it: `#[derive(ContractType)]` on a struct or enum without
/// generics. The derive implements borsh's two traits as well.
///
/// Integers up to 128 bits, `bool`, `String`, `Vec`, `Option`, `BTreeMap`, `[u8; N]` and tuples
/// need no description.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not described in the contract's interface",
    label = "needs `#[derive(ContractType)]`",
    note = "aliases of other types are not followed: name the type itself"
)]
pub trait ContractType: BorshSerialize + BorshDeserialize {
    /// Name of the type.
    const NAME: &'static str;
}

/// Holds at compile time that a type named in the interface is derived under that name.
#[track_caller]
pub const fn assert_described<T: ContractType>(name: &str) {
    assert!(same(T::NAME, name), "name the type itself in a contract's interface, not an alias of it");
}

/// Holds at compile time that `Address`, `Hash` and `PublicKey` are the SDK's aliases.
pub const fn alias_is_bytes32(_: fn([u8; 32])) {}

/// `a == b`, at compile time.
pub(crate) const fn same(a: &str, b: &str) -> bool {
    let (mut a, mut b) = (a.as_bytes(), b.as_bytes());
    while let ([x, a_rest @ ..], [y, b_rest @ ..]) = (a, b) {
        if *x != *y {
            return false;
        }
        (a, b) = (a_rest, b_rest);
    }
    a.is_empty() && b.is_empty()
}
