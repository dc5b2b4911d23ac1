//! What every request goes through before and around its handler.

use std::{convert::Infallible, net::IpAddr, sync::Arc};

use axum::{
    Router,
    body::{Body, Bytes},
    http::{
        HeaderMap, HeaderValue, Method, Request, Response, StatusCode,
        header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HOST, ORIGIN, UPGRADE},
        uri::Authority,
    },
};
use http_body_util::BodyExt;
use hyper::body::{Body as _, Incoming};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};
use tower::ServiceExt;

use super::{
    ListenerConfig,
    counters::{ListenerCounters, ListenerEvent},
    slots::{Phase, Progress},
};

/// What all connections of a listener share.
#[derive(Debug)]
pub(super) struct Front {
    pub(super) router: Router,
    pub(super) bodies: Arc<Semaphore>,
    pub(super) counters: Arc<ListenerCounters>,
    pub(super) config: ListenerConfig,
}

/// Why a request never reached a handler, or was not answered by it.
enum Refusal {
    NoHost,
    ForeignHost,
    ForeignOrigin,
    TooLarge,
    SlowBody,
    BrokenBody,
    Exhausted,
    Overdue,
}

impl Front {
    pub(super) async fn answer(
        self: Arc<Self>,
        request: Request<Incoming>,
        progress: Arc<Progress>,
    ) -> Result<Response<Body>, Infallible> {
        let result = self.handle(request, &progress).await;
        let response = result.unwrap_or_else(|refusal| {
            self.counters.count(refusal.event());
            refusal.response()
        });
        let is_socket = response.status() == StatusCode::SWITCHING_PROTOCOLS;
        progress.enter(if is_socket { Phase::Socket } else { Phase::Idle });
        Ok(response)
    }

    async fn handle(&self, request: Request<Incoming>, progress: &Progress) -> Result<Response<Body>, Refusal> {
        self.check_host(request.headers(), request.uri().authority())?;
        let request = if is_socket(&request) {
            check_origin(request.headers())?;
            request.map(Body::new)
        } else {
            progress.enter(Phase::Body);
            let (head, body) = request.into_parts();
            let read = timeout(self.config.body_timeout, self.read(&head.headers, body));
            let (bytes, shares) = read.await.map_err(|_| Refusal::SlowBody)??;
            let mut request = Request::from_parts(head, Body::from(bytes));
            request.extensions_mut().insert(Shares(Arc::new(shares)));
            request
        };
        progress.enter(Phase::Working);
        self.counters.count(ListenerEvent::Request);
        match timeout(self.config.request_timeout, self.router.clone().oneshot(request)).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(never)) => match never {},
            Err(_) => Err(Refusal::Overdue),
        }
    }

    fn check_host(&self, headers: &HeaderMap, target: Option<&Authority>) -> Result<(), Refusal> {
        let host = match target {
            Some(authority) => authority.host().to_owned(),
            None => host_of(headers.get(HOST)).ok_or(Refusal::NoHost)?,
        };
        let bare = host.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')).unwrap_or(&host);
        let is_ours = bare.parse::<IpAddr>().is_ok()
            || bare.eq_ignore_ascii_case("localhost")
            || self.config.hosts.iter().any(|name| bare.eq_ignore_ascii_case(name));
        if is_ours { Ok(()) } else { Err(Refusal::ForeignHost) }
    }

    /// The whole body, and what it holds of the bytes all bodies may have together.
    async fn read(
        &self,
        headers: &HeaderMap,
        mut body: Incoming,
    ) -> Result<(Bytes, Vec<OwnedSemaphorePermit>), Refusal> {
        let bytes_max = self.config.body_bytes_max;
        let announced = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
        let hint = body.size_hint().lower();
        if announced.is_some_and(|bytes| bytes > bytes_max) || hint > bytes_max as u64 {
            return Err(Refusal::TooLarge);
        }
        let mut bytes = Vec::new();
        let mut shares = Vec::new();
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame.map_err(|_| Refusal::BrokenBody)?.into_data() else { continue };
            if bytes.len() + data.len() > bytes_max {
                return Err(Refusal::TooLarge);
            }
            let cost = u32::try_from(data.len()).map_err(|_| Refusal::TooLarge)?;
            let share = Arc::clone(&self.bodies).try_acquire_many_owned(cost).map_err(|_| Refusal::Exhausted)?;
            shares.push(share);
            bytes.extend_from_slice(&data);
        }
        Ok((bytes.into(), shares))
    }
}

/// Keeps a body's bytes accounted for while its request lives.
#[derive(Clone)]
struct Shares(#[expect(dead_code, reason = "held for its drop")] Arc<Vec<OwnedSemaphorePermit>>);

/// A WebSocket's opening request, which has no body. Whatever else asks for an upgrade is a plain request.
fn is_socket(request: &Request<Incoming>) -> bool {
    let upgrade = request.headers().get(UPGRADE).and_then(|value| value.to_str().ok());
    request.method() == Method::GET
        && upgrade.is_some_and(|protocol| protocol.eq_ignore_ascii_case("websocket"))
        && request.body().is_end_stream()
}

/// A page of another site may open a WebSocket to us, and browsers ask nobody: the origin must be the host
/// that was addressed. Programs send no origin.
fn check_origin(headers: &HeaderMap) -> Result<(), Refusal> {
    let Some(origin) = headers.get(ORIGIN) else { return Ok(()) };
    let origin = origin.to_str().ok().and_then(|text| text.split_once("://")).map(|(_, authority)| authority);
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let is_same = matches!((origin, host), (Some(origin), Some(host)) if origin.eq_ignore_ascii_case(host));
    if is_same { Ok(()) } else { Err(Refusal::ForeignOrigin) }
}

fn host_of(value: Option<&HeaderValue>) -> Option<String> {
    let authority: Authority = value?.to_str().ok()?.parse().ok()?;
    Some(authority.host().to_owned())
}

impl Refusal {
    fn event(&self) -> ListenerEvent {
        match self {
            Self::NoHost | Self::ForeignHost | Self::ForeignOrigin => ListenerEvent::ForeignHost,
            Self::TooLarge | Self::Exhausted => ListenerEvent::TooLarge,
            Self::SlowBody | Self::BrokenBody => ListenerEvent::TimedOut,
            Self::Overdue => ListenerEvent::Overdue,
        }
    }

    fn response(&self) -> Response<Body> {
        let (status, text) = match self {
            Self::NoHost => (StatusCode::BAD_REQUEST, "the Host header is missing or malformed\n"),
            Self::ForeignHost => (
                StatusCode::FORBIDDEN,
                "the Host header names another host; add the name to rpc.hosts if it is this node's\n",
            ),
            Self::ForeignOrigin => (StatusCode::FORBIDDEN, "the Origin is not this host\n"),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "the body is too large\n"),
            Self::SlowBody => (StatusCode::REQUEST_TIMEOUT, "the body came too slowly\n"),
            Self::BrokenBody => (StatusCode::BAD_REQUEST, "the body broke off\n"),
            Self::Exhausted => (StatusCode::SERVICE_UNAVAILABLE, "too many bodies at once; try again\n"),
            Self::Overdue => (StatusCode::SERVICE_UNAVAILABLE, "no answer in time; try again\n"),
        };
        let mut response = Response::new(Body::from(text));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
        // The rest of the body is not wanted.
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
        response
    }
}
