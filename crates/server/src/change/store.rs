// SPDX-License-Identifier: EUPL-1.2
//! SQL that writes given columns of any table. The names of columns are ours, never a request's.

use sqlx::AssertSqlSafe;

use super::{Change, within};

/// Columns of a row and their new values: what was not given stays as others may have set it meanwhile.
#[derive(Default)]
pub struct Fields(Vec<(&'static str, Value)>);

enum Value {
    Text(Option<String>),
    Number(Option<i64>),
    Flag(bool),
}

impl Fields {
    pub fn text(&mut self, column: &'static str, value: impl Into<Option<String>>) {
        self.0.push((column, Value::Text(value.into())));
    }

    pub fn number(&mut self, column: &'static str, value: impl Into<Option<i64>>) {
        self.0.push((column, Value::Number(value.into())));
    }

    pub fn flag(&mut self, column: &'static str, value: bool) {
        self.0.push((column, Value::Flag(value)));
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Writes them into the rows of a table that have these ids.
    pub async fn write(&self, change: &mut Change, table: &str, ids: &[(&str, String)]) -> sqlx::Result<()> {
        if self.is_empty() {
            return Ok(());
        }
        let mut number = 0;
        let mut placed = |column: &str| {
            number += 1;
            format!("{column} = ${number}")
        };
        let set: Vec<String> = self.0.iter().map(|(column, _)| placed(column)).collect();
        let whose: Vec<String> = ids.iter().map(|(column, _)| placed(column)).collect();
        let sql = format!("UPDATE {table} SET {} WHERE {}", set.join(", "), whose.join(" AND "));
        within!(change, connection => {
            let mut query = sqlx::query(AssertSqlSafe(sql));
            for (_, value) in &self.0 {
                query = match value {
                    Value::Text(text) => query.bind(text),
                    Value::Number(number) => query.bind(number),
                    Value::Flag(flag) => query.bind(flag),
                };
            }
            for (_, id) in ids {
                query = query.bind(id);
            }
            query.execute(connection).await.map(drop)
        })
    }
}
