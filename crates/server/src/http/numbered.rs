// SPDX-License-Identifier: EUPL-1.2
//! Lists in numbered pages (`page`, `per_page`), with a `Link` header that names the others (profile §9). Not for lists
//! by time: those go on after what was seen last, see `events::pages`.

use axum::http::header;

const USUAL_PAGE: usize = 30;
const LARGEST_PAGE: usize = 100;

/// Which page of a list is asked for.
pub struct Numbered {
    page: usize,
    size: usize,
}

impl Numbered {
    /// `None`: no page is asked for, so all is listed.
    pub fn of(page: Option<i64>, per_page: Option<i64>) -> Option<Numbered> {
        if page.is_none() && per_page.is_none() {
            return None;
        }
        let number =
            |asked: Option<i64>, usual| asked.map_or(usual, |asked| usize::try_from(asked).unwrap_or(0)).max(1);
        Some(Numbered {
            page: number(page, 1),
            size: number(per_page, USUAL_PAGE).min(LARGEST_PAGE),
        })
    }

    pub fn size(&self) -> i64 {
        i64::try_from(self.size).unwrap_or(i64::MAX)
    }

    /// How many entries stand on the pages before.
    pub fn before(&self) -> i64 {
        i64::try_from(self.page - 1)
            .unwrap_or(i64::MAX)
            .saturating_mul(self.size())
    }

    /// Cuts a whole list to the page.
    pub fn cut<T>(&self, list: &mut Vec<T>) -> [(header::HeaderName, String); 1] {
        let link = self.link(list.len());
        let before = usize::try_from(self.before()).unwrap_or(usize::MAX).min(list.len());
        list.drain(..before);
        list.truncate(self.size);
        link
    }

    /// The way to the other pages of a list of `count` entries.
    pub fn link(&self, count: usize) -> [(header::HeaderName, String); 1] {
        let last = count.div_ceil(self.size).max(1);
        let mut pages = vec![("first", 1)];
        if self.page > 1 {
            pages.push(("prev", (self.page - 1).min(last)));
        }
        if self.page < last {
            pages.push(("next", self.page + 1));
        }
        pages.push(("last", last));
        let links: Vec<String> = pages
            .iter()
            .map(|(rel, page)| format!("<?per_page={}&page={page}>; rel=\"{rel}\"", self.size))
            .collect();
        [(header::LINK, links.join(", "))]
    }
}
