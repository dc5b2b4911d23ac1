//! `report_*`: what the registers know of an item, as the sheet that a regulation asks for.

use super::contract::ContractRef;
use super::methods;
use crate::{At, Read};
use countersign_epcis::report::Tier;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

methods! {
    ReportFsma204 = "report_fsma204", "The critical tracking events of a traceability lot, as FSMA 204 asks for them.": Fsma204Params => Read<Report>;
    ReportDscsa = "report_dscsa", "The transaction history of a package of medicine, as the DSCSA asks for it.": ItemParams => Read<Report>;
    ReportEudr = "report_eudr", "Every plot that contributed to an item, as the EU Deforestation Regulation asks for them.": ItemParams => Read<Report>;
    ReportRecall = "report_recall", "What has to be withdrawn because of an item, one list for each holder.": ItemParams => Read<Report>;
    ReportPassport = "report_passport", "What is recorded of a product, as far as a tier of the product passport sees it.": PassportParams => Read<Report>;
}

/// Parameters of `report_passport`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct PassportParams {
    /// The product's identifier, in any spelling: GTIN with serial number or lot.
    pub item: String,
    /// Who looks. A tier is a view and protects nothing on a ledger that members read whole.
    #[serde(default)]
    pub tier: PassportTier,
    /// The provenance contract; the node's default one if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract: Option<ContractRef>,
    /// Where to read.
    #[serde(default)]
    pub at: At,
}

/// Tiers of the product passport; each sees what those before it see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum PassportTier {
    /// Anybody.
    #[default]
    Public,
    /// Who repairs, uses again or recycles.
    Legitimate,
    /// Authorities.
    Authority,
}

impl From<PassportTier> for Tier {
    fn from(tier: PassportTier) -> Self {
        match tier {
            PassportTier::Public => Self::Public,
            PassportTier::Legitimate => Self::Legitimate,
            PassportTier::Authority => Self::Authority,
        }
    }
}

impl From<Tier> for PassportTier {
    fn from(tier: Tier) -> Self {
        match tier {
            Tier::Public => Self::Public,
            Tier::Legitimate => Self::Legitimate,
            Tier::Authority => Self::Authority,
        }
    }
}

/// Parameters of `report_fsma204`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Fsma204Params {
    /// The lot's identifier, in any spelling.
    pub lot: String,
    /// Events from this time on, ISO 8601 with time zone; from the first if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Events before this time; up to the last if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// The provenance contract; the node's default one if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract: Option<ContractRef>,
    /// Where to read.
    #[serde(default)]
    pub at: At,
}

/// Parameters of the reports about an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ItemParams {
    /// The package, shipment, lot or product, in any spelling.
    pub item: String,
    /// The provenance contract; the node's default one if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract: Option<ContractRef>,
    /// Where to read.
    #[serde(default)]
    pub at: At,
}

/// A report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// What it is.
    pub title: String,
    /// The canonical identifier of what it is about.
    pub canonical: String,
    /// Records of the contract that were looked at: those before this sequence number.
    pub position: u64,
    /// What stands in each cell of a row.
    pub columns: Vec<ReportColumn>,
    /// The rows, in the order of events.
    pub rows: Vec<ReportRow>,
    /// What follows from all rows together.
    pub notes: Vec<String>,
    /// Whether no row is missing.
    pub complete: bool,
    /// Which bound cut it short: `reads` or `items`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub truncated: Option<String>,
}

/// A column of a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReportColumn {
    /// Its name, by which rows say that it is missing.
    pub name: String,
    /// Its title on a sheet.
    pub title: String,
}

/// A row of a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReportRow {
    /// The sequence number of the record that it rests on.
    pub sequence: u64,
    /// One for each column; empty where the events do not say.
    pub cells: Vec<String>,
    /// Names of columns that the regulation requires and the events do not fill.
    pub missing: Vec<String>,
}
