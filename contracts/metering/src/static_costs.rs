//! What methods cost before anything is known of their arguments.
//!
//! Each function is read as the charges that its metered form makes, with the branches between them. The
//! dearest way through it is the sum of the charges on it and of the dearest ways through the functions
//! that it calls; through the table it can call whatever a segment holds of the type. A way ends where
//! a loop would begin again and passes over a call by which a function would come to run within itself:
//! a method on whose ways that happens may cost any amount more.
//!
//! Host functions count with what does not depend on lengths. What a called contract uses, lengths and
//! grown memory are on top, as is instantiation.

mod flow;
mod groups;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use wasmparser::{
    ElementItems, ExternalKind, FuncType, FuncValidatorAllocations, Operator, Parser, Payload, TypeRef, ValidPayload,
    Validator,
};

use crate::CodeRejected;
use crate::check::{FEATURES, check};
use crate::cost::Costs;
use crate::meter::Plan;

use flow::{Callee, Flow};

/// What a method costs at least to be prepared for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MethodCost {
    /// Gas of the dearest way on which nothing repeats.
    pub gas: u64,
    /// Whether something can repeat: a loop, or a function that comes to run within itself.
    pub repeats: bool,
}

impl MethodCost {
    fn max(self, other: Self) -> Self {
        Self { gas: self.gas.max(other.gas), repeats: self.repeats || other.repeats }
    }
}

/// What each method of a module costs by its code alone, by name.
///
/// # Errors
/// If the module may not be deployed.
pub fn static_costs(code: &[u8], costs: &Costs) -> Result<BTreeMap<String, MethodCost>, CodeRejected> {
    // Nothing is counted that no network takes; the methods are few, and known of such code.
    let methods = check(code, costs)?.facts.methods;
    let program = Program::read(code, costs)?;
    let ways = program.ways();
    let named = methods.into_iter().filter_map(|name| {
        let function = program.exports.get(&name)?;
        Some((name, ways.get(function).copied().unwrap_or_default()))
    });
    Ok(named.collect())
}

/// Something that can be called. Functions come first, then types: what the table may hold of each.
type Place = usize;

/// A module's functions, by how they call each other.
#[derive(Default)]
struct Program {
    types: Vec<FuncType>,
    /// Type of every function, imported ones first.
    functions: Vec<u32>,
    memory_max: Option<u64>,
    /// Of the imported functions, in order: what they cost.
    host: Vec<u64>,
    /// Of the others, in order.
    flows: Vec<Flow>,
    exports: BTreeMap<String, Place>,
    /// Functions that a segment holds.
    listed: BTreeSet<Place>,
}

impl Program {
    fn read(code: &[u8], costs: &Costs) -> Result<Self, CodeRejected> {
        let mut program = Self::default();
        let mut validator = Validator::new_with_features(FEATURES);
        let mut parser = Parser::new(0);
        parser.set_features(FEATURES);
        let mut allocations = FuncValidatorAllocations::default();
        for payload in parser.parse_all(code) {
            let payload = payload?;
            if let ValidPayload::Func(function, body) = validator.payload(&payload)? {
                let prices = costs.prices(program.memory_max);
                let plan = Plan::scan(function, &body, prices, &mut allocations)?;
                program.flows.push(Flow::read(&plan, &body)?);
            }
            program.section(payload, costs)?;
        }
        Ok(program)
    }

    fn section(&mut self, payload: Payload<'_>, costs: &Costs) -> Result<(), CodeRejected> {
        match payload {
            Payload::TypeSection(section) => {
                for kind in section.into_iter_err_on_gc_types() {
                    self.types.push(kind?);
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import?;
                    if let TypeRef::Func(kind) = import.ty {
                        self.functions.push(kind);
                        self.host.push(costs.host.fixed(import.name));
                    }
                }
            }
            Payload::MemorySection(section) => {
                for memory in section {
                    self.memory_max = memory?.maximum;
                }
            }
            Payload::FunctionSection(section) => {
                for kind in section {
                    self.functions.push(kind?);
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export?;
                    if export.kind == ExternalKind::Func {
                        self.exports.insert(export.name.to_owned(), place(export.index));
                    }
                }
            }
            Payload::ElementSection(section) => {
                for element in section {
                    self.list(element?.items)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn list(&mut self, items: ElementItems<'_>) -> Result<(), CodeRejected> {
        match items {
            ElementItems::Functions(items) => {
                for function in items {
                    self.listed.insert(place(function?));
                }
            }
            ElementItems::Expressions(_, items) => {
                for expression in items {
                    let expression = expression?;
                    for operator in expression.get_operators_reader() {
                        if let Operator::RefFunc { function_index } = operator? {
                            self.listed.insert(place(function_index));
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// The dearest way through every place that can be called.
    fn ways(&self) -> BTreeMap<Place, MethodCost> {
        let edges = self.edges();
        let mut ways: BTreeMap<Place, MethodCost> = BTreeMap::new();
        for group in groups::callees_first(&edges) {
            let own: BTreeSet<Place> = group.iter().copied().collect();
            let of_callee = |callee: Place| match ways.get(&callee) {
                Some(way) => *way,
                None => MethodCost { gas: 0, repeats: own.contains(&callee) },
            };
            let found: Vec<(Place, MethodCost)> = group.iter().map(|at| (*at, self.way(*at, of_callee))).collect();
            ways.extend(found);
        }
        ways
    }

    fn way(&self, at: Place, of_callee: impl Fn(Place) -> MethodCost) -> MethodCost {
        if let Some(gas) = self.host.get(at) {
            return MethodCost { gas: *gas, repeats: false };
        }
        match self.flow(at) {
            Some(flow) => flow.dearest(|callee| of_callee(self.place(callee))),
            None => self.held(at).map(of_callee).fold(MethodCost::default(), MethodCost::max),
        }
    }

    /// Which place can come to run which others.
    fn edges(&self) -> Vec<BTreeSet<Place>> {
        let functions = (0..self.functions.len()).map(|at| {
            let mut callees = BTreeSet::new();
            if let Some(flow) = self.flow(at) {
                flow.dearest(|callee| {
                    callees.insert(self.place(callee));
                    MethodCost::default()
                });
            }
            callees
        });
        let types = (0..self.types.len()).map(|kind| self.held(self.functions.len().saturating_add(kind)).collect());
        functions.chain(types).collect()
    }

    fn flow(&self, at: Place) -> Option<&Flow> {
        self.flows.get(at.checked_sub(self.host.len())?)
    }

    fn place(&self, callee: Callee) -> Place {
        match callee {
            Callee::Function(index) => place(index),
            Callee::Type(index) => self.functions.len().saturating_add(place(index)),
        }
    }

    /// The functions that the table may hold of a type's place. Equal types may stand twice in a module.
    fn held(&self, at: Place) -> impl Iterator<Item = Place> {
        let kind = at.checked_sub(self.functions.len()).and_then(|kind| self.types.get(kind));
        self.listed.iter().copied().filter(move |function| {
            let own = self.functions.get(*function).and_then(|index| self.types.get(place(*index)));
            kind.is_some() && own == kind
        })
    }
}

fn place(index: u32) -> Place {
    usize::try_from(index).unwrap_or(usize::MAX)
}
