//! Term: a word of a controlled vocabulary (business step, disposition, kinds of documents and parties).
//!
//! Words of the Core Business Vocabulary 2.0 are held bare (`commissioning`), whichever of the published
//! spellings was used; all others are held as written. The spelling is kept where it differs.

use alloc::borrow::ToOwned;
use alloc::string::String;

use borsh::{BorshDeserialize, BorshSerialize};

/// A vocabulary word and how it was written.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct Term {
    word: String,
    written: Option<String>,
}

/// The vocabularies of the standard that an event draws on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vocabulary {
    /// Business steps.
    BizStep,
    /// Dispositions.
    Disposition,
    /// Types of business transactions.
    Transaction,
    /// Types of sources and destinations.
    Party,
    /// Reasons of an error declaration.
    ErrorReason,
    /// Types of sensor reports.
    Measurement,
}

impl Vocabulary {
    /// The bare words of the vocabulary in CBV 2.0.
    #[must_use]
    pub fn words(self) -> &'static [&'static str] {
        match self {
            Self::BizStep => BIZ_STEPS,
            Self::Disposition => DISPOSITIONS,
            Self::Transaction => TRANSACTIONS,
            Self::Party => &["owning_party", "possessing_party", "location"],
            Self::ErrorReason => &["did_not_occur", "incorrect_data"],
            Self::Measurement => MEASUREMENTS,
        }
    }

    /// The URI prefixes under which the standard publishes the words of this vocabulary.
    fn prefixes(self) -> [&'static str; 3] {
        match self {
            Self::BizStep => ["urn:epcglobal:cbv:bizstep:", "https://ref.gs1.org/cbv/BizStep-", "cbv:BizStep-"],
            Self::Disposition => ["urn:epcglobal:cbv:disp:", "https://ref.gs1.org/cbv/Disp-", "cbv:Disp-"],
            Self::Transaction => ["urn:epcglobal:cbv:btt:", "https://ref.gs1.org/cbv/BTT-", "cbv:BTT-"],
            Self::Party => ["urn:epcglobal:cbv:sdt:", "https://ref.gs1.org/cbv/SDT-", "cbv:SDT-"],
            Self::ErrorReason => ["urn:epcglobal:cbv:er:", "https://ref.gs1.org/cbv/ER-", "cbv:ER-"],
            Self::Measurement => ["https://gs1.org/voc/", "https://ref.gs1.org/voc/", "gs1:"],
        }
    }
}

impl Term {
    /// The term written as `text` in `vocabulary`.
    #[must_use]
    pub fn new(vocabulary: Vocabulary, text: &str) -> Self {
        let bare = vocabulary.prefixes().into_iter().find_map(|prefix| text.strip_prefix(prefix));
        match bare.filter(|bare| !bare.is_empty() && !bare.contains([':', '/'])) {
            Some(bare) => Self { word: bare.to_owned(), written: Some(text.to_owned()) },
            None => Self { word: text.to_owned(), written: None },
        }
    }

    /// The bare word of the standard, or the term as written if it is not of the standard.
    #[must_use]
    pub fn word(&self) -> &str {
        &self.word
    }

    /// As written.
    #[must_use]
    pub fn written(&self) -> &str {
        self.written.as_deref().unwrap_or(&self.word)
    }

    /// Whether this is a word of the standard, in any spelling.
    #[must_use]
    pub fn is_standard(&self, vocabulary: Vocabulary) -> bool {
        vocabulary.words().contains(&self.word())
    }

    /// Whether the word is what its spelling makes in `vocabulary`.
    #[must_use]
    pub fn is_consistent(&self, vocabulary: Vocabulary) -> bool {
        Self::new(vocabulary, self.written()) == *self
    }
}

/// CBV 2.0 §7.1.
const BIZ_STEPS: &[&str] = &[
    "accepting",
    "arriving",
    "assembling",
    "collecting",
    "commissioning",
    "consigning",
    "creating_class_instance",
    "cycle_counting",
    "decommissioning",
    "departing",
    "destroying",
    "disassembling",
    "dispensing",
    "encoding",
    "entering_exiting",
    "holding",
    "inspecting",
    "installing",
    "killing",
    "loading",
    "other",
    "packing",
    "picking",
    "receiving",
    "removing",
    "repackaging",
    "repairing",
    "replacing",
    "reserving",
    "retail_selling",
    "sampling",
    "sensor_reporting",
    "shipping",
    "staging_outbound",
    "stock_taking",
    "stocking",
    "storing",
    "transporting",
    "unloading",
    "unpacking",
    "void_shipping",
];

/// CBV 2.0 §7.2.
const DISPOSITIONS: &[&str] = &[
    "active",
    "available",
    "completeness_inferred",
    "completeness_verified",
    "conformant",
    "container_closed",
    "container_open",
    "damaged",
    "destroyed",
    "dispensed",
    "disposed",
    "encoded",
    "expired",
    "in_progress",
    "in_transit",
    "inactive",
    "mismatch_class",
    "mismatch_instance",
    "mismatch_quantity",
    "needs_replacement",
    "no_pedigree_match",
    "non_conformant",
    "non_sellable_other",
    "partially_dispensed",
    "recalled",
    "reserved",
    "retail_sold",
    "returned",
    "sellable_accessible",
    "sellable_not_accessible",
    "stolen",
    "unavailable",
    "unknown",
];

/// CBV 2.0 §7.3.
const TRANSACTIONS: &[&str] = &[
    "bol",
    "cert",
    "desadv",
    "inv",
    "pedigree",
    "po",
    "poc",
    "prodorder",
    "recadv",
    "rma",
    "testprd",
    "testres",
    "upevt",
];

/// GS1 Web Vocabulary, measurement types.
const MEASUREMENTS: &[&str] = &[
    "AbsoluteHumidity",
    "AbsorbedDose",
    "AbsorbedDoseRate",
    "Acceleration",
    "Altitude",
    "AmountOfSubstance",
    "AmountOfSubstancePerUnitVolume",
    "Angle",
    "AngularAcceleration",
    "AngularMomentum",
    "AngularVelocity",
    "Area",
    "Capacitance",
    "Conductance",
    "Conductivity",
    "Count",
    "Density",
    "Dimensionless",
    "DoseEquivalent",
    "DoseEquivalentRate",
    "DynamicViscosity",
    "ElectricCharge",
    "ElectricCurrent",
    "ElectricCurrentDensity",
    "ElectricFieldStrength",
    "Energy",
    "Exposure",
    "Force",
    "Frequency",
    "Illuminance",
    "Inductance",
    "Irradiance",
    "KinematicViscosity",
    "Length",
    "LinearMomentum",
    "Luminance",
    "LuminousFlux",
    "LuminousIntensity",
    "MagneticFlux",
    "MagneticFluxDensity",
    "MagneticVectorPotential",
    "Mass",
    "MassConcentration",
    "MassFlowRate",
    "MassPerAreaTime",
    "MemoryCapacity",
    "MolalityOfSolute",
    "MolarEnergy",
    "MolarMass",
    "MolarVolume",
    "Power",
    "Pressure",
    "RadiantFlux",
    "RadiantIntensity",
    "Radioactivity",
    "RelativeHumidity",
    "Resistance",
    "Resistivity",
    "SolidAngle",
    "SpecificVolume",
    "Speed",
    "SurfaceDensity",
    "SurfaceTension",
    "Temperature",
    "Time",
    "Torque",
    "Voltage",
    "Volume",
    "VolumeFlowRate",
    "VolumeFraction",
    "VolumetricFlux",
    "Wavenumber",
];
