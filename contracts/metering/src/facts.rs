//! What the machine must know of deployed code before it loads it.

/// Facts of checked code. They follow from its bytes alone, whatever the cost table, so the chain keeps
/// them beside the code: a call of a method that is not there, or with too little gas to begin, is
/// answered without the code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CodeFacts {
    /// Its methods' names, in ascending order.
    pub methods: Vec<String>,
    /// Length of the module as deployed.
    pub code_bytes: u64,
    /// Bytes of its data segments.
    pub data_bytes: u64,
    /// Elements its table starts with, and those of its element segments.
    pub elements: u64,
    /// Pages of 64 KiB its memory starts with.
    pub memory_pages: u32,
}

impl CodeFacts {
    /// Whether there is a method of that name.
    #[must_use]
    pub fn has_method(&self, name: &str) -> bool {
        self.methods.binary_search_by(|method| method.as_str().cmp(name)).is_ok()
    }
}
