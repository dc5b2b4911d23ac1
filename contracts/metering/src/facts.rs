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
    /// How its state is laid out, if it says so.
    pub layout: Option<Layout>,
}

/// What [`countersign_abi::LAYOUT_SECTION`] says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Version of the layout.
    pub version: u32,
    /// SHA-256 of the fields.
    pub fields: [u8; 32],
}

impl Layout {
    /// Reads the section; none if it has another length.
    pub(crate) fn from_section(bytes: &[u8]) -> Option<Self> {
        let (version, fields) = bytes.split_first_chunk::<4>()?;
        Some(Self { version: u32::from_le_bytes(*version), fields: fields.try_into().ok()? })
    }
}

impl CodeFacts {
    /// Whether there is a method of that name.
    #[must_use]
    pub fn has_method(&self, name: &str) -> bool {
        self.methods.binary_search_by(|method| method.as_str().cmp(name)).is_ok()
    }
}
