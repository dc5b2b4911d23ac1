//! What something came from or went to, link by link.

use alloc::string::String;
use alloc::vec::Vec;

use super::{Truncated, told};

told! {
    /// Which way a chain is followed.
    #[derive(Copy, PartialOrd, Ord)]
    pub enum Way {
        /// To what the item was made of and what it holds.
        Back,
        /// To what was made of the item and what became of its instances.
        Forward,
        /// Forward, and to every container that one of these was ever in.
        Recall,
    }

    /// What a link says of its `to`.
    #[derive(Copy, PartialOrd, Ord)]
    pub enum LinkKind {
        /// It went into a transformation that `from` came out of.
        Input,
        /// It came out of a transformation that `from`, or a container of `from`, went into.
        Output,
        /// It is the lot that `from` belongs to.
        Lot,
        /// It belongs to the lot `from`.
        Instance,
        /// It was in `from`.
        Contents,
        /// It was fixed to `from`.
        Attached,
        /// `from` was in it.
        Container,
        /// `from` was fixed to it.
        Carrier,
    }

    /// What something came from or went to: a page of the things that were reached, or, if they were asked for, of the
    /// links that lead to them.
    pub struct Chain {
        /// The item, canonical.
        #[cfg_attr(feature = "serde", serde(rename = "canonical"))]
        pub item: String,
        /// Records looked at: those before this sequence number.
        pub position: u64,
        /// Which way.
        pub way: Way,
        /// Most links away from the item, if that was asked for.
        pub depth: Option<u32>,
        /// How many things were reached.
        pub things_count: u64,
        /// How many links lead to them, if links were asked for.
        pub links_count: Option<u64>,
        /// Things of this page without the item itself, first products and then containers, each sorted; none if links were
        /// asked for.
        pub things: Vec<Reached>,
        /// Links of this page, those nearest to the item first, then by `from`, `to` and kind. They lead away from the item,
        /// from things fewer than `depth` links away from it, so that each leads on from one before it.
        pub links: Vec<Link>,
        /// Things or links up to the end of this page: give it as `after` for the next; absent where nothing follows.
        pub next: Option<u64>,
        /// Whether nothing is missing and nothing follows.
        pub complete: bool,
        /// Whether more may lie beyond `depth`.
        pub deeper: bool,
        /// Which bound cut it short, so that something is missing that no later page and no greater depth brings.
        pub truncated: Option<Truncated>,
    }

    /// Something that was reached.
    pub struct Reached {
        /// What, canonical.
        pub item: String,
        /// Whether it holds products, rather than being one: a logistic unit, an asset or a place.
        pub is_container: bool,
        /// The fewest links between it and the item, on a way that time allows: what a container holds later is not on the way
        /// from what it was emptied into before. In a recall ways lead forward and then up, never down again.
        pub away: u32,
    }

    /// How one thing leads to another.
    pub struct Link {
        /// The thing that was reached before, canonical.
        pub from: String,
        /// The thing that it leads to, canonical.
        pub to: String,
        /// What `to` is to `from`.
        pub kind: LinkKind,
        /// The container that went into the transformation with `from` in it, if the events name that.
        #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
        pub through: Option<String>,
        /// Numbers of the records that say so: what put in and took out, what went in and came out. Sorted.
        pub records: Vec<u64>,
        /// The fewest links between `to` and the item.
        pub away: u32,
    }
}

impl Chain {
    /// Adds the page that follows this one.
    pub fn append(&mut self, next: Self) {
        self.things.extend(next.things);
        self.links.extend(next.links);
        self.next = next.next;
        self.complete = next.complete;
        self.deeper = next.deeper;
        self.truncated = self.truncated.or(next.truncated);
    }
}

impl Way {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Back, Self::Forward, Self::Recall];

    /// Its word, in JSON too.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Back => "back",
            Self::Forward => "forward",
            Self::Recall => "recall",
        }
    }

    /// The way of a word.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|way| way.word() == word)
    }
}

impl LinkKind {
    /// Its word, in JSON too.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Output => "output",
            Self::Lot => "lot",
            Self::Instance => "instance",
            Self::Contents => "contents",
            Self::Attached => "attached",
            Self::Container => "container",
            Self::Carrier => "carrier",
        }
    }

    /// Whether things flow against the link: what `to` is came before `from`, or holds it.
    #[must_use]
    pub const fn is_upward(self) -> bool {
        matches!(self, Self::Input | Self::Lot | Self::Container | Self::Carrier)
    }
}
