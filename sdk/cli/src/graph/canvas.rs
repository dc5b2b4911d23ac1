//! Canvas: what is placed, as SVG. Every box has a `title` with the whole name of what it stands for.

use layout::core::format::{ClipHandle, RenderBackend};
use layout::core::geometry::Point;
use layout::core::style::StyleAttr;
use std::fmt::Write as _;

/// Font size of boxes, pixels.
pub const LARGE: usize = 12;
/// Font size at arrows.
pub const SMALL: usize = 10;
/// Around the picture.
const MARGIN: f64 = 16.;
/// Above it, for the caption.
const CAPTION: f64 = 28.;

/// Width of text: letters of a sans-serif font are somewhat more than half as wide as high.
pub fn width(lines: &[String], font_size: usize) -> f64 {
    const LETTER: f64 = 0.6;
    let letters = lines.iter().map(|line| line.chars().count()).max().unwrap_or_default();
    number(letters) * number(font_size) * LETTER
}

/// Height of lines.
pub fn height(lines: usize, font_size: usize) -> f64 {
    const LINE: f64 = 1.3;
    number(lines) * number(font_size) * LINE
}

fn number(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::MAX, f64::from)
}

/// A picture that is being drawn.
#[derive(Debug, Default)]
pub struct Canvas {
    arrows: String,
    boxes: String,
    texts: String,
    right: f64,
    bottom: f64,
}

impl Canvas {
    /// The whole file.
    pub fn finish(self, caption: &str) -> String {
        let Self { arrows, boxes, texts, right, bottom } = self;
        let caption = [caption.to_owned()];
        let wide = (right + MARGIN).max(self::width(&caption, LARGE) + 2. * MARGIN);
        let high = bottom + MARGIN + CAPTION;
        let [caption] = caption.map(|text| escaped(&text));
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{wide:.0}\" height=\"{high:.0}\" viewBox=\"0 -{CAPTION} {wide:.0} {high:.0}\" \
             font-family=\"Helvetica, Arial, sans-serif\">\n<title>{caption}</title>\n\
             <defs><marker id=\"end\" markerWidth=\"9\" markerHeight=\"8\" refX=\"9\" refY=\"4\" orient=\"auto-start-reverse\">\
             <path d=\"M0 0L9 4L0 8z\" fill=\"#555f6b\"/></marker></defs>\n\
             <rect x=\"0\" y=\"-{CAPTION}\" width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n\
             <text x=\"{MARGIN}\" y=\"-8\" font-size=\"{LARGE}\" fill=\"#333\">{caption}</text>\n\
             {arrows}{boxes}{texts}</svg>\n"
        )
    }

    fn reaches(&mut self, x: f64, y: f64) {
        self.right = self.right.max(x);
        self.bottom = self.bottom.max(y);
    }
}

impl RenderBackend for Canvas {
    fn draw_rect(&mut self, xy: Point, size: Point, look: &StyleAttr, name: Option<String>, _: Option<ClipHandle>) {
        self.reaches(xy.x + size.x, xy.y + size.y);
        let fill = look.fill_color.map_or_else(|| "none".to_owned(), |color| color.to_web_color());
        let _ = writeln!(
            self.boxes,
            "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" rx=\"{}\" fill=\"{fill}\" stroke=\"{}\"><title>{}</title></rect>",
            xy.x,
            xy.y,
            size.x,
            size.y,
            look.rounded,
            look.line_color.to_web_color(),
            escaped(&name.unwrap_or_default())
        );
    }

    fn draw_line(&mut self, _: Point, _: Point, _: &StyleAttr, _: Option<String>) {}

    fn draw_circle(&mut self, _: Point, _: Point, _: &StyleAttr, _: Option<String>) {}

    fn draw_text(&mut self, xy: Point, text: &str, look: &StyleAttr) {
        let lines: Vec<String> = text.lines().map(ToOwned::to_owned).collect();
        let (wide, high) = (width(&lines, look.font_size), height(lines.len(), look.font_size));
        self.reaches(xy.x + wide / 2., xy.y + high / 2.);
        // Text at arrows stands on white, so that lines do not strike it through.
        if look.font_size < LARGE {
            let (x, y) = (xy.x - wide / 2., xy.y - high / 2.);
            let _ = writeln!(
                self.texts,
                "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{wide:.1}\" height=\"{high:.1}\" fill=\"#ffffff\" fill-opacity=\"0.85\"/>"
            );
        }
        let step = height(1, look.font_size);
        let mut y = xy.y - high / 2. + step / 2.;
        for line in lines {
            let _ = writeln!(
                self.texts,
                "<text x=\"{:.1}\" y=\"{y:.1}\" dy=\"0.35em\" text-anchor=\"middle\" font-size=\"{}\" fill=\"#222\">{}</text>",
                xy.x,
                look.font_size,
                escaped(&line)
            );
            y += step;
        }
    }

    fn draw_arrow(
        &mut self,
        path: &[(Point, Point)],
        dashed: bool,
        (start, end): (bool, bool),
        look: &StyleAttr,
        _: Option<String>,
        _: &str,
    ) {
        let [(from, out), (control, to), rest @ ..] = path else { return };
        let mut line = format!(
            "M{:.1} {:.1}C{:.1} {:.1},{:.1} {:.1},{:.1} {:.1}",
            from.x, from.y, out.x, out.y, control.x, control.y, to.x, to.y
        );
        for (control, to) in rest {
            let _ = write!(line, "S{:.1} {:.1},{:.1} {:.1}", control.x, control.y, to.x, to.y);
        }
        for (one, other) in path {
            self.reaches(one.x.max(other.x), one.y.max(other.y));
        }
        let dashes = if dashed { " stroke-dasharray=\"5 4\"" } else { "" };
        let begins = if start { " marker-start=\"url(#end)\"" } else { "" };
        let ends = if end { " marker-end=\"url(#end)\"" } else { "" };
        let color = look.line_color.to_web_color();
        let _ = writeln!(self.arrows, "<path d=\"{line}\" fill=\"none\" stroke=\"{color}\"{dashes}{begins}{ends}/>");
    }

    fn create_clip(&mut self, _: Point, _: Point, _: usize) -> ClipHandle {
        0
    }
}

/// Text in XML, without what XML cannot hold.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            letter if letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}') => escaped.push('\u{fffd}'),
            letter => escaped.push(letter),
        }
    }
    escaped
}
