//! Sensor data of an event: readings with their kind, unit, device and time.
//!
//! What queries read is typed; the standard's remaining attributes (raw data, percentiles, …) and
//! extensions stay as named values.

use alloc::string::String;
use alloc::vec::Vec;

use borsh::{BorshDeserialize, BorshSerialize};

use crate::decimal::Decimal;
use crate::term::Term;
use crate::time::Time;
use crate::value::Field;

/// One element of `sensorElementList`: reports that share metadata.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct SensorElement {
    /// What holds for all reports, if given.
    pub metadata: Option<SensorMetadata>,
    /// The reports.
    pub reports: Vec<SensorReport>,
    /// Extensions of the element.
    pub extensions: Vec<Field>,
}

/// `sensorMetadata`: when, and by which device.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct SensorMetadata {
    /// The moment of all reports.
    pub time: Option<Time>,
    /// The beginning of the interval they cover.
    pub start_time: Option<Time>,
    /// The end of the interval they cover.
    pub end_time: Option<Time>,
    /// The device, as written.
    pub device_id: Option<String>,
    /// `deviceMetadata`, `rawData`, `dataProcessingMethod`, `bizRules`, and extensions.
    pub fields: Vec<Field>,
}

/// `sensorReport`: one reading, or the statistics of several.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct SensorReport {
    /// What was measured (`Temperature`), if it is a measurement of the standard.
    pub kind: Option<Term>,
    /// When, if the metadata does not say.
    pub time: Option<Time>,
    /// By which device, if the metadata does not say.
    pub device_id: Option<String>,
    /// The reading.
    pub value: Option<Decimal>,
    /// The least of several readings.
    pub min_value: Option<Decimal>,
    /// The greatest of several readings.
    pub max_value: Option<Decimal>,
    /// The mean of several readings.
    pub mean_value: Option<Decimal>,
    /// The unit, a UN/ECE Recommendation 20 code.
    pub uom: Option<String>,
    /// All other attributes (`stringValue`, `rawData`, `percRank`, …) and extensions.
    pub fields: Vec<Field>,
}
