use countersign_contract::prelude::*;

#[interface]
pub trait Generic<T> {
    #[view]
    fn sum(&self) -> u64;
}

#[interface]
pub trait Unmarked {
    fn sum(&self) -> u64;
}

#[interface]
pub trait WithBody {
    #[view]
    fn sum(&self) -> u64 {
        1
    }
}

#[interface]
pub trait WithContext {
    #[view]
    fn sum(&self, ctx: &Context) -> u64;
}

#[interface]
pub trait WithInit {
    #[init]
    fn init(&mut self);
}

#[interface]
pub trait ViewThatWrites {
    #[view]
    fn sum(&mut self) -> u64;
}

#[interface]
pub trait Empty {}

#[interface]
pub trait Associated {
    const LIMIT: u64;
}

#[interface]
pub trait WithoutSelf {
    #[view]
    fn sum() -> u64;
}

#[interface]
pub trait NamedLikeTheClient {
    #[call]
    fn gas(&self) -> u64;
}

#[interface]
pub trait NamedLikeTheContext {
    #[call]
    fn burn(&self, ctx: u64) -> u64;
}

fn main() {}
