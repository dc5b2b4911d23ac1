//! A TCP stream that fails when its client is too slow: with its headers, between requests, or at taking
//! what is written to it. Bodies and handlers are timed where they are awaited.

use std::{
    io::{self, ErrorKind},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Instant, Sleep, sleep_until},
};

use super::{
    counters::{ListenerCounters, ListenerEvent},
    request::Front,
    slots::{Progress, Slot, deadline},
};

/// See the module. Owns the connection's slot.
pub(super) struct Timed {
    stream: TcpStream,
    progress: Arc<Progress>,
    counters: Arc<ListenerCounters>,
    header_timeout: Duration,
    idle_timeout: Duration,
    write_timeout: Duration,
    read_timer: Pin<Box<Sleep>>,
    write_timer: Pin<Box<Sleep>>,
    is_write_stalled: bool,
    _slot: Slot,
}

impl Timed {
    pub(super) fn new(stream: TcpStream, slot: Slot, front: &Front) -> Self {
        let config = &front.config;
        Self {
            stream,
            progress: slot.progress(),
            counters: Arc::clone(&front.counters),
            header_timeout: config.header_timeout,
            idle_timeout: config.idle_timeout,
            write_timeout: config.write_timeout,
            read_timer: Box::pin(sleep_until(Instant::now())),
            write_timer: Box::pin(sleep_until(Instant::now())),
            is_write_stalled: false,
            _slot: slot,
        }
    }

    /// Fails once no byte has been taken for the whole timeout.
    fn poll_stalled<T>(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        if !self.is_write_stalled {
            self.is_write_stalled = true;
            let until = Instant::now() + self.write_timeout;
            self.write_timer.as_mut().reset(until);
        }
        ready!(self.write_timer.as_mut().poll(cx));
        self.counters.count(ListenerEvent::TimedOut);
        Poll::Ready(Err(ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Timed {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let filled = buf.filled().len();
        if let Poll::Ready(result) = Pin::new(&mut self.stream).poll_read(cx, buf) {
            if buf.filled().len() > filled {
                self.progress.wake();
            }
            // Bytes that trickle in do not move the deadline: headers must be whole by then.
            return Poll::Ready(result);
        }
        let Some(until) = deadline(self.progress.now(), self.header_timeout, self.idle_timeout) else {
            return Poll::Pending;
        };
        if self.read_timer.deadline() != until {
            self.read_timer.as_mut().reset(until);
        }
        ready!(self.read_timer.as_mut().poll(cx));
        self.counters.count(ListenerEvent::TimedOut);
        Poll::Ready(Err(ErrorKind::TimedOut.into()))
    }
}

impl AsyncWrite for Timed {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match Pin::new(&mut self.stream).poll_write(cx, buf) {
            Poll::Ready(result) => {
                self.is_write_stalled = false;
                Poll::Ready(result)
            }
            Poll::Pending => self.poll_stalled(cx),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match Pin::new(&mut self.stream).poll_write_vectored(cx, bufs) {
            Poll::Ready(result) => {
                self.is_write_stalled = false;
                Poll::Ready(result)
            }
            Poll::Pending => self.poll_stalled(cx),
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
