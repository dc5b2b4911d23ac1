//! What has to be recalled, where it is, and how much of it is nowhere.

use alloc::string::String;
use alloc::vec::Vec;

use super::{Moment, Truncated, told};
use crate::decimal::Decimal;

told! {
    /// What has to be recalled because of an item. All but `products` and `containers_ever` is told on every page.
    pub struct RecallScope {
        /// The item, canonical.
        #[cfg_attr(feature = "serde", serde(rename = "canonical"))]
        pub item: String,
        /// Records looked at: those before this sequence number.
        pub position: u64,
        /// How many products there are: everything made from the item or belonging to it, and the item itself.
        pub count: u64,
        /// Those of this page, sorted.
        pub products: Vec<Recalled>,
        /// How many containers one of the products was ever in.
        #[cfg_attr(feature = "serde", serde(default))]
        pub containers_count: u64,
        /// Those of this page, sorted.
        pub containers_ever: Vec<String>,
        /// What is where, and by whose word, sorted.
        pub places: Vec<AtPlace>,
        /// Amounts that should be left and that no record shows to be at a place, by item.
        pub unaccounted: Vec<Unaccounted>,
        /// Instances that should be left and that no record shows to be at a place.
        pub unplaced: u64,
        /// Give it as `after` for the next page; absent where nothing follows.
        pub next: Option<String>,
        /// Give it as `containersAfter` for the next page of containers; absent where nothing follows.
        #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
        pub containers_next: Option<String>,
        /// Whether nothing is missing and nothing follows.
        pub complete: bool,
        /// Which bound cut it short, so that something is missing that no later page brings.
        pub truncated: Option<Truncated>,
    }

    /// A product that has to be recalled.
    pub struct Recalled {
        /// The product.
        pub item: String,
        /// Whether it is one thing, rather than an amount of a lot or class.
        pub is_instance: bool,
        /// What became of it: `present`, `consumed` by a transformation, or `disposed` of.
        pub state: String,
        /// Where it was last said to be, itself or in a container.
        pub last_known: Option<LastSeen>,
        /// Of one thing, who has custody by the last hand-over that takes effect: the organisation, or the party where that
        /// was entrusted to none. Absent if it was never handed over.
        pub holder: Option<String>,
        /// Of a lot or class, what came to be and went.
        pub amounts: Vec<super::Amounts>,
        /// Of a lot or class, where how much of it is.
        pub parts: Vec<Placed>,
        /// Amounts that are in none of these sums.
        pub incomparable: Vec<super::Incomparable>,
    }

    /// The last event that says where something is.
    pub struct LastSeen {
        /// The place: where things are afterwards, or else where it happened.
        pub location: String,
        /// When it happened.
        pub time: Moment,
        /// Number of its record.
        pub sequence: u64,
        /// The organisation that recorded it.
        pub recorded_by: String,
        /// The container that the event names, where it does not name the thing itself.
        pub through: Option<String>,
    }

    /// Some of a lot or class.
    pub struct Placed {
        /// The container that it is in, if it is in one.
        pub container: Option<String>,
        /// Where that is; absent if no record says.
        pub location: Option<String>,
        /// The organisation that recorded it last.
        pub recorded_by: Option<String>,
        /// Who has custody of the container by the last hand-over that takes effect.
        pub holder: Option<String>,
        /// How much; absent if no record says.
        pub quantity: Option<Decimal>,
        /// Its unit.
        pub uom: String,
    }

    /// What is at one place by the word of one organisation, and in one's custody.
    pub struct AtPlace {
        /// The place; absent for what no record places.
        pub location: Option<String>,
        /// The organisation that recorded it last.
        pub recorded_by: Option<String>,
        /// Who has custody by the last hand-over that takes effect; absent for what was never handed over.
        pub holder: Option<String>,
        /// Instances.
        pub instances: u64,
        /// Amounts of lots and classes, by unit.
        pub amounts: Vec<Amount>,
    }

    /// A number and its unit.
    pub struct Amount {
        /// How much.
        pub quantity: Decimal,
        /// The unit.
        pub uom: String,
    }

    /// What should be left of something and is nowhere.
    pub struct Unaccounted {
        /// The lot or class.
        pub item: String,
        /// How much.
        pub quantity: Decimal,
        /// The unit.
        pub uom: String,
    }
}
