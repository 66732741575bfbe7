//! The Parquet side of a feature table, on the column writers of the parquet crate (without arrow, which would be
//! twenty more crates for two column types). One row group; snappy; no statistics of text columns beyond the default.

use super::FeatureColumns;
use crate::failure;
use dlr_core::Result;
use parquet::basic::{Compression, ConvertedType, Repetition, Type as Physical};
use parquet::column::reader::ColumnReader;
use parquet::column::writer::ColumnWriter;
use parquet::data_type::ByteArray;
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::Type;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

pub(super) fn encode(table: &FeatureColumns) -> ParquetResult<Vec<u8>> {
    let mut fields = Vec::new();
    for (name, _) in &table.texts {
        let field = Type::primitive_type_builder(name, Physical::BYTE_ARRAY)
            .with_repetition(Repetition::REQUIRED)
            .with_converted_type(ConvertedType::UTF8);
        fields.push(Arc::new(field.build()?));
    }
    for (name, _) in &table.numbers {
        let field = Type::primitive_type_builder(name, Physical::DOUBLE).with_repetition(Repetition::OPTIONAL);
        fields.push(Arc::new(field.build()?));
    }
    let schema = Arc::new(Type::group_type_builder("schema").with_fields(fields).build()?);
    // The crate writes its own version into the file; a fixed text keeps the bytes equal between builds.
    let properties =
        WriterProperties::builder().set_compression(Compression::SNAPPY).set_created_by("dlr".to_owned()).build();
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties))?;
    let mut group = writer.next_row_group()?;
    let mut texts = table.texts.iter();
    let mut numbers = table.numbers.iter();
    while let Some(mut column) = group.next_column()? {
        match column.untyped() {
            ColumnWriter::ByteArrayColumnWriter(out) => {
                let cells = texts.next().map_or(&[][..], |(_, cells)| cells);
                let cells: Vec<ByteArray> = cells.iter().map(|cell| cell.as_str().into()).collect();
                out.write_batch(&cells, None, None)?;
            }
            ColumnWriter::DoubleColumnWriter(out) => {
                let cells = numbers.next().map_or(&[][..], |(_, cells)| cells);
                let present: Vec<f64> = cells.iter().copied().filter(|v| !v.is_nan()).collect();
                let levels: Vec<i16> = cells.iter().map(|v| i16::from(!v.is_nan())).collect();
                out.write_batch(&present, Some(&levels), None)?;
            }
            _ => return Err(ParquetError::General("a column of another type".to_owned())),
        }
        column.close()?;
    }
    group.close()?;
    writer.into_inner()
}

pub(super) fn decode(path: &Path) -> Result<FeatureColumns> {
    let file = File::open(path).map_err(|e| failure::reading(path, &e))?;
    read(file).map_err(|e| failure::format(path, format!("not a feature table in Parquet: {e}")))
}

fn read(file: File) -> ParquetResult<FeatureColumns> {
    let reader = SerializedFileReader::new(file)?;
    let schema = reader.metadata().file_metadata().schema_descr_ptr();
    let mut table = FeatureColumns::default();
    for (column, descriptor) in schema.columns().iter().enumerate() {
        let name = descriptor.name().to_owned();
        let (mut texts, mut numbers) = (Vec::new(), Vec::new());
        let mut is_text = false;
        for group in 0..reader.num_row_groups() {
            let group = reader.get_row_group(group)?;
            let n_rows = usize::try_from(group.metadata().num_rows()).unwrap_or(0);
            match group.get_column_reader(column)? {
                ColumnReader::ByteArrayColumnReader(mut cells) => {
                    is_text = true;
                    let mut bytes = Vec::new();
                    cells.read_records(n_rows, None, None, &mut bytes)?;
                    for cell in bytes {
                        let cell = cell.as_utf8()?;
                        texts.push(cell.to_owned());
                    }
                }
                ColumnReader::DoubleColumnReader(mut cells) => {
                    let (mut levels, mut present) = (Vec::new(), Vec::new());
                    cells.read_records(n_rows, Some(&mut levels), None, &mut present)?;
                    let mut present = present.into_iter();
                    let value = |level: i16| if level == 1 { present.next().unwrap_or(f64::NAN) } else { f64::NAN };
                    numbers.extend(levels.into_iter().map(value));
                }
                _ => return Err(ParquetError::General(format!("column `{name}` is neither text nor double"))),
            }
        }
        let is_text = is_text || descriptor.physical_type() == Physical::BYTE_ARRAY;
        if is_text { table.texts.push((name, texts)) } else { table.numbers.push((name, numbers)) }
    }
    Ok(table)
}
