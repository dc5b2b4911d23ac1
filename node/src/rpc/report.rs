//! `report_*`: what the registers know of an item, as the sheets that regulations ask for.

use super::conn::{Conn, Node};
use super::trace::{asked, identifier, not_asked};
use countersign_api::method::contract::ContractRef;
use countersign_api::method::report::{
    Fsma204Params, ItemParams, PassportParams, Report, ReportDscsa, ReportEudr, ReportFsma204, ReportPassport,
    ReportRecall,
};
use countersign_api::report::of_sheet;
use countersign_api::{At, Code, Read, Registry, RpcError};
use countersign_epcis::Time;
use countersign_epcis::question::{Answer, Question};
use countersign_epcis::report::{Period, Report as Kind};

pub(super) fn register(registry: &mut Registry<Conn>) {
    registry.on::<ReportPassport, _, _>(|conn, params| conn.view(move |node| passport(node, &params)));
    registry.on::<ReportFsma204, _, _>(|conn, params| conn.view(move |node| fsma204(node, &params)));
    registry.on::<ReportDscsa, _, _>(|conn, params| conn.view(move |node| of_item(node, &params, Kind::Dscsa)));
    registry.on::<ReportRecall, _, _>(|conn, params| conn.view(move |node| of_item(node, &params, Kind::RecallLetter)));
    registry.on::<ReportEudr, _, _>(|conn, params| conn.view(move |node| of_item(node, &params, Kind::Eudr)));
}

fn fsma204(node: &Node, params: &Fsma204Params) -> Result<Read<Report>, RpcError> {
    let period =
        Period { from_ms: instant("from", params.from.as_deref())?, to_ms: instant("to", params.to.as_deref())? };
    let question = Question::Report(identifier(&params.lot)?, Kind::Fsma204(period));
    report(node, &question, params.contract.as_ref(), params.at)
}

fn passport(node: &Node, params: &PassportParams) -> Result<Read<Report>, RpcError> {
    let question = Question::Report(identifier(&params.item)?, Kind::Passport(params.tier.into()));
    report(node, &question, params.contract.as_ref(), params.at)
}

fn of_item(node: &Node, params: &ItemParams, kind: Kind) -> Result<Read<Report>, RpcError> {
    let question = Question::Report(identifier(&params.item)?, kind);
    report(node, &question, params.contract.as_ref(), params.at)
}

fn report(node: &Node, question: &Question, contract: Option<&ContractRef>, at: At) -> Result<Read<Report>, RpcError> {
    let asked = asked(node, contract, at)?;
    match node.answer(question, &asked)? {
        Answer::Report(sheet) => Ok(asked.as_of.read(of_sheet(sheet), None)),
        _ => Err(not_asked(question.word())),
    }
}

fn instant(name: &str, text: Option<&str>) -> Result<Option<i64>, RpcError> {
    let read = |text: &str| {
        let time: Result<Time, _> = text.parse();
        time.map(|time| time.ms()).map_err(|cause| RpcError::new(Code::InvalidParams, format!("`{name}`: {cause}")))
    };
    text.map(read).transpose()
}
