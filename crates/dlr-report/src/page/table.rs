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

    /// Whether the screen of a telephone shows some of its columns only; the page then says so.
    pub(super) fn is_wide(&self) -> bool {
        self.headings.len() > 3
    }

    /// Leaves out columns in which no row says anything.
    pub(super) fn without_empty_columns(mut self) -> Self {
        let says = |column: usize| self.rows.iter().any(|row| row.cells.get(column).is_some_and(|c| !c.is_empty()));
        let kept: Vec<bool> = (0..self.headings.len()).map(says).collect();
        let keep = |cells: &mut Vec<String>| {
            let mut at = kept.iter();
            cells.retain(|_| *at.next().unwrap_or(&true));
        };
        keep(&mut self.headings);
        self.rows.iter_mut().for_each(|row| keep(&mut row.cells));
        self
    }

    /// Adds a note below.
    pub(super) fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }
}
