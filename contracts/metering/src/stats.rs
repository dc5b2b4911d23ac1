//! How large code is.

/// The size of checked code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CodeStats {
    /// Length after instrumentation.
    pub metered_bytes: u64,
    /// Functions defined.
    pub functions: u32,
    /// Instructions in them.
    pub instructions: u64,
    /// Basic blocks charged for.
    pub blocks: u64,
    /// Work of a compiler, in units of one simple instruction.
    pub work: u64,
    /// Elements its table starts with.
    pub table_elements: u32,
    /// Gas charged each time it is instantiated.
    pub instantiation_gas: u64,
}
