//! What a topology says of a node that only containers and namespaces have a use for.

use super::super::Container;
use super::super::expand::Magic;
use super::{Reader, Settings, Value, Yaml};
use std::collections::BTreeMap;

impl Reader<'_> {
    /// A mapping of words to words.
    pub(super) fn words(&mut self, node: Option<&Yaml>, what: &'static str) -> BTreeMap<String, String> {
        let Some(node) = node else { return BTreeMap::new() };
        let mut words = BTreeMap::new();
        for (key, value) in node.fields(self.problems, what).entries() {
            // An empty value is one, too.
            let text = match &value.value {
                Value::Null => "",
                _ => value.text(self.problems, "a value").unwrap_or_default(),
            };
            words.insert(key.text.clone(), text.to_owned());
        }
        words
    }

    /// What namespaces need to know of a node.
    pub(super) fn container(&self, name: &str, settings: &Settings, lab: &str) -> Container {
        let dir = self.lab_dir(lab);
        let magic = Magic { node: name, lab, dir: &dir };
        let binds = settings.binds.iter();
        let binds = binds.map(|(to, (from, _))| (self.folder.join(magic.replace(from)), to.clone()));
        let (configs, binds): (Vec<_>, Vec<_>) = binds.partition(|(_, to)| is_config(to));
        Container {
            kind: settings.kind.as_ref().map(|(k, _)| k.clone()).unwrap_or_default(),
            image: settings.image.clone().unwrap_or_default(),
            group: settings.group.clone().unwrap_or_default(),
            config: configs.into_iter().next().map(|(from, _)| from),
            binds,
            exec: settings.exec.iter().map(|(line, _)| magic.replace(line)).collect(),
            sysctls: settings.sysctls.clone(),
            env: settings.env.iter().map(|(k, v)| (k.clone(), magic.replace(v))).collect(),
            labels: settings.labels.clone(),
        }
    }

    /// Where containerlab keeps what belongs to a lab.
    pub(super) fn lab_dir(&self, lab: &str) -> String {
        format!("{}/clab-{lab}", self.folder.display())
    }
}

/// Whether what is bound there is the configuration of routerd.
pub(super) fn is_config(destination: &str) -> bool {
    destination.starts_with("/etc/routerd/")
        && [".yaml", ".yml", ".conf"].iter().any(|e| destination.ends_with(e))
}
