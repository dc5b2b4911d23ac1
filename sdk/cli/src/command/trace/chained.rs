//! `countersign trace back | forward`, and chains as trees and pictures.

use super::told::{Asker, identifier};
use super::{Listed, human};
use crate::arguments::{Drawn, Item, Lineage};
use crate::chart::{Bounds, Chart};
use crate::failure::Usage;
use crate::graph::{self, Kind};
use crate::output::{facts, line, say};
use crate::tree;
use countersign_api::limits::CHAIN_PAGE_MAX;
use countersign_api::method::trace::{
    ChainPage, ChainParams, LineageParams, Trace, TraceBack, TraceChain, TraceForward,
};
use countersign_api::trace::of_chain;
use countersign_api::{Method, Read};
use countersign_client::{Auditor, Verified};
use countersign_epcis::answer::{Chain, Sheets as _, Way};
use countersign_epcis::walk::Reach;
use countersign_types::Height;
use serde_json::json;
use std::num::NonZeroU32;
use std::path::Path;
use std::process::ExitCode;

/// Most links that are fetched to be drawn, the nearest first: more than anybody follows with the eyes.
const LINKS_MAX: NonZeroU32 = NonZeroU32::new(2 * CHAIN_PAGE_MAX).expect("some");
/// Most lines of a tree, but for the branches that it does not show.
const TREE: usize = 2_000;
/// Most things of a picture and most links, each of which is placed as a box as well: with more, no screen shows it so
/// that it can be read, and placing it takes from seconds to minutes.
const GRAPH: (usize, usize) = (80, 160);

impl Asker<'_> {
    pub async fn lineage(self, way: Way, wanted: Lineage) -> anyhow::Result<ExitCode> {
        let Lineage { item, depth, limit, cursor, drawn } = wanted;
        if drawn.is_wanted() {
            return self.drawn(way, item, depth, drawn).await;
        }
        if let Some(auditor) = self.session.auditor()? {
            let (trace, page) = self.verified_lineage(&auditor, way, &item, depth, limit, cursor).await?;
            return self.verified(&trace, &Listed(&trace), &page, || human(&trace));
        }
        let client = self.session.client()?;
        let contract = Some(self.session.provenance(&client).await?);
        let params = LineageParams {
            depth: depth.map(NonZeroU32::get),
            cursor,
            ..LineageParams::whole(item.id, contract, item.at)
        };
        let read = match way {
            Way::Back => self.listed::<TraceBack>(params, limit).await?,
            _ => self.listed::<TraceForward>(params, limit).await?,
        };
        self.said(&read, &Listed(&read.data), || human(&read.data))
    }

    /// As many things as are wanted, in one proof: the whole walk is in each.
    async fn verified_lineage(
        self,
        auditor: &Auditor,
        way: Way,
        item: &Item,
        depth: Option<NonZeroU32>,
        limit: NonZeroU32,
        cursor: Option<String>,
    ) -> anyhow::Result<(Trace, Verified<Chain>)> {
        let reach = Reach { depth, links: false, rows: None };
        let contract = self.session.named_contract()?;
        let mut pages = auditor.chain_pages(contract, &item.id, way, reach, item.at, limit)?;
        if let Some(cursor) = cursor {
            let none = || {
                Usage(format!(
                    "`{cursor}` is no cursor of a verified answer: HEIGHT:THINGS, as the answer before ended with"
                ))
            };
            let (height, after) = cursor.split_once(':').ok_or_else(none)?;
            let (height, after) = (height.parse().map_err(|_| none())?, after.parse().map_err(|_| none())?);
            pages = pages.after(Height(height), after);
        }
        let page = pages.next().await?.ok_or_else(|| Usage("there is no first page".to_owned()))?;
        let cursor = pages.place().map(|(height, after)| format!("{height}:{after}"));
        Ok((of_chain(page.data().clone(), cursor), page))
    }

    /// The same as the node says it, page by page.
    async fn listed<M>(self, mut params: LineageParams, limit: NonZeroU32) -> anyhow::Result<Read<Trace>>
    where
        M: Method<Params = LineageParams, Answer = Read<Trace>>,
    {
        let client = self.session.client()?;
        let listed = |trace: &Trace| {
            let count = trace.products.len().saturating_add(trace.containers.len());
            limit.get().saturating_sub(u32::try_from(count).unwrap_or(u32::MAX))
        };
        params.limit = Some(limit.get().min(CHAIN_PAGE_MAX));
        let mut read = client.unverified().call_again::<M>(&params).await?.into_said();
        while let (Some(cursor), left @ 1..) = (read.data.next_cursor.take(), listed(&read.data)) {
            params.cursor = Some(cursor);
            params.limit = Some(left.min(CHAIN_PAGE_MAX));
            let next = client.unverified().call_again::<M>(&params).await?.into_said();
            read.data.append(next.data);
        }
        Ok(read)
    }

    /// A tree, a picture, or both.
    pub async fn drawn(
        self,
        way: Way,
        item: Item,
        depth: Option<NonZeroU32>,
        drawn: Drawn,
    ) -> anyhow::Result<ExitCode> {
        let kind = drawn.graph.as_deref().map(Kind::of).transpose()?;
        let (chain, as_of) = self.chain(way, &item, depth).await?;
        let branches = usize::try_from(drawn.width.get()).unwrap_or(usize::MAX);
        let mut rows = chain.facts();
        rows.extend(as_of);
        if let (Some(file), Some(kind)) = (&drawn.graph, kind) {
            let chart = Chart::of(&chain, Bounds { branches, things: GRAPH.0, links: GRAPH.1 });
            let text = match kind {
                Kind::Svg => graph::svg(&chart, &caption(&chain, &chart)),
                Kind::Dot => graph::dot(&chain),
            };
            write(file, &text)?;
            rows.push(("picture", file.display().to_string()));
            if !drawn.tree {
                let told = json!({
                    "file": file, "way": chain.way, "canonical": chain.item, "position": chain.position,
                    "thingsCount": chain.things_count, "linksCount": chain.links_count, "complete": chain.complete,
                });
                self.output.show(&told, |_| facts(rows))?;
                return Ok(ExitCode::SUCCESS);
            }
        }
        let chart = Chart::of(&chain, Bounds { branches, things: TREE, links: TREE });
        line(&tree::of_chart(&chart));
        line(&facts(rows));
        Ok(ExitCode::SUCCESS)
    }

    /// The links to be drawn, and as of when they are.
    async fn chain(
        self,
        way: Way,
        item: &Item,
        depth: Option<NonZeroU32>,
    ) -> anyhow::Result<(Chain, Vec<(&'static str, String)>)> {
        let reach = Reach { depth, links: true, rows: None };
        if let Some(auditor) = self.session.auditor()? {
            let contract = self.session.named_contract()?;
            let mut pages = auditor.chain_pages(contract, &item.id, way, reach, item.at, LINKS_MAX)?;
            let page = pages.next().await?.ok_or_else(|| Usage("there is no first page".to_owned()))?;
            let mut rows = super::verified_as_of(&page);
            rows.extend(page.basis().sentences().into_iter().map(|reason| ("rests on", reason)));
            return Ok((page.into_data(), rows));
        }
        identifier(&item.id)?;
        let client = self.session.client()?;
        let contract = Some(self.session.provenance(&client).await?);
        let depth = depth.map(NonZeroU32::get);
        let mut params =
            ChainParams { epc: item.id.clone(), way, depth, contract, at: item.at, limit: None, cursor: None };
        let first = client.unverified().call_again::<TraceChain>(&params).await?.into_said();
        let as_of = format!("block {} {}", first.height, first.block_hash);
        let ChainPage { mut chain, next_cursor } = first.data;
        params.cursor = next_cursor;
        while let (Some(_), true) = (&params.cursor, chain.next < Some(u64::from(LINKS_MAX.get()))) {
            let page = client.unverified().call_again::<TraceChain>(&params).await?.into_said().data;
            chain.append(page.chain);
            params.cursor = page.next_cursor;
        }
        say("This is what the node says. With --root FILE it is verified first.");
        Ok((chain, vec![("as of", as_of)]))
    }
}

/// What a picture shows, in a line above it.
fn caption(chain: &Chain, chart: &Chart<'_>) -> String {
    let drawn = chart.nodes.len().saturating_sub(1);
    let all = chain.things_count;
    let cut = if chain.complete { "" } else { "; CUT SHORT, there is more" };
    let (way, item, position) = (chain.way.word(), &chain.item, chain.position);
    format!("{way} from {item}: {drawn} of {all} things, by the first {position} records{cut}")
}

fn write(to: &Path, text: &str) -> Result<(), Usage> {
    std::fs::write(to, text).map_err(|error| Usage(format!("cannot write {}: {error}", to.display())))
}
