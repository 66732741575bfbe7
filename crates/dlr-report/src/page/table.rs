//! [`Table`]: a table of the page, already text.

/// A table with a caption; the first cell of a row is its heading.
#[derive(Debug, Clone, Default)]
pub(super) struct Table {
    pub(super) caption: String,
    pub(super) headings: Vec<String>,
    pub(super) rows: Vec<Row>,
    pub(super) notes: Vec<String>,
}

/// A row; `class` is a style of the page or empty.
#[derive(Debug, Clone, Default)]
pub(super) struct Row {
    pub(super) class: &'static str,
    pub(super) cells: Vec<String>,
}

impl Table {
    /// Only headings yet.
    pub(super) fn new(caption: &str, headings: &[&str]) -> Self {
        let headings = headings.iter().map(|h| String::from(*h)).collect();
        Table { caption: caption.into(), headings, ..Table::default() }
    }

    /// Adds a row.
    pub(super) fn row(&mut self, cells: Vec<String>) {
        self.rows.push(Row { class: "", cells });
    }

    /// Adds a row with a style.
    pub(super) fn styled(&mut self, class: &'static str, cells: Vec<String>) {
        self.rows.push(Row { class, cells });
    }

    /// Adds a note below.
    pub(super) fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }
}
