//! Charts found by words: which ones match, and which comes first.

use std::cmp::Ordering;

/// What of a chart is searched.
#[derive(Clone, Copy, Debug)]
pub struct Searched<'a> {
    /// The chart's name.
    pub name: &'a str,
    /// Its repository's name.
    pub repository: &'a str,
    /// Its description.
    pub description: &'a str,
    /// Its keywords.
    pub keywords: &'a [String],
    /// Whether its makers advise against it.
    pub deprecated: bool,
}

/// Words to search for, in lower case. None matches everything.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Query(Vec<String>);

/// How well a chart matches: smaller comes first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Rank {
    deprecated: bool,
    weight: u32,
    /// How long the name is; 0 where nothing was searched for.
    length: usize,
}

impl Query {
    /// The most words that count.
    const WORDS: usize = 8;

    /// Reads what a person typed.
    pub fn new(text: &str) -> Self {
        Self(text.split_whitespace().take(Self::WORDS).map(str::to_lowercase).collect())
    }

    /// The words.
    pub fn words(&self) -> &[String] {
        &self.0
    }

    /// How well a chart matches, if all words are in it.
    pub fn rank(&self, chart: &Searched<'_>) -> Option<Rank> {
        let name = chart.name.to_lowercase();
        let mut weight = 0;
        for word in &self.0 {
            weight += weigh(word, &name, chart)?;
        }
        let length = if self.0.is_empty() { 0 } else { name.len() };
        Some(Rank { deprecated: chart.deprecated, weight, length })
    }
}

/// Exact name, beginning of the name, of a part of it, anywhere in it, keyword, repository, description.
fn weigh(word: &str, name: &str, chart: &Searched<'_>) -> Option<u32> {
    // `bitnami/redis` is how charts are named to Helm.
    if let Some((repository, part)) = word.split_once('/')
        && repository == chart.repository.to_lowercase()
    {
        return weigh(part, name, chart);
    }
    let keyword = |test: &dyn Fn(&str) -> bool| chart.keywords.iter().any(|k| test(&k.to_lowercase()));
    let parts = || name.split(['-', '_', '.', '/']);
    let weights: [(u32, &dyn Fn() -> bool); 8] = [
        (0, &|| name == word || name.rsplit('/').next() == Some(word)),
        (10, &|| name.starts_with(word)),
        (20, &|| parts().any(|part| part.starts_with(word))),
        (30, &|| name.contains(word)),
        (40, &|| keyword(&|k| k == word)),
        (50, &|| keyword(&|k| k.contains(word))),
        (60, &|| chart.repository.to_lowercase().contains(word)),
        (70, &|| chart.description.to_lowercase().contains(word)),
    ];
    weights.iter().find(|(_, test)| test()).map(|(weight, _)| *weight)
}

/// The order of two charts that match: by rank, among equals the shorter name, then by name and repository.
pub fn order(a: (Rank, &Searched<'_>), b: (Rank, &Searched<'_>)) -> Ordering {
    a.0.cmp(&b.0).then_with(|| a.1.name.cmp(b.1.name)).then_with(|| a.1.repository.cmp(b.1.repository))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&'static str> {
        static WORDS: std::sync::LazyLock<Vec<String>> =
            std::sync::LazyLock::new(|| vec!["Cache".to_owned(), "redis-like".to_owned()]);
        let chart = |name, description, keywords, deprecated| Searched {
            name,
            repository: "acme",
            description,
            keywords,
            deprecated,
        };
        let charts = [
            chart("redis", "", &[], true),
            chart("redis-cluster", "", &[], false),
            chart("valkey", "", &WORDS[..], false),
            chart("my-redis", "", &[], false),
            chart("hyperredis", "", &[], false),
            chart("shop", "needs Redis", &[], false),
            chart("redis-ha", "", &[], false),
            chart("web", "nothing", &[], false),
        ];
        let query = Query::new(text);
        let mut ranked: Vec<_> = charts.iter().filter_map(|c| Some((query.rank(c)?, c))).collect();
        ranked.sort_by(|a, b| order(*a, *b));
        ranked.into_iter().map(|(_, chart)| chart.name).collect()
    }

    #[test]
    fn what_was_probably_meant_comes_first() {
        let all = ["redis-ha", "redis-cluster", "my-redis", "hyperredis", "valkey", "shop", "redis"];
        assert_eq!(found("Redis"), all, "deprecated ones last");
        assert_eq!(found("redis cluster"), ["redis-cluster"], "every word counts");
        assert_eq!(found("acme/redis-ha"), ["redis-ha"]);
        assert_eq!(found("cache"), ["valkey"]);
        let all = ["hyperredis", "my-redis", "redis-cluster", "redis-ha", "shop", "valkey", "web", "redis"];
        assert_eq!(found(""), all, "by name while nothing is searched for");
        assert!(found("acme nothing more").is_empty());
    }
}
