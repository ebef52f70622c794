//! A lab as a clabernetes manifest: a ConfigMap with the files it binds, and a `Topology` around its containerlab file.
//!
//! One node becomes one pod somewhere in the cluster, and cables are tunnels between pods. So this refuses what has no place
//! there (bridges, other kinds of links, long names, files from elsewhere), says all of it at once, makes cables as small as
//! tunnels are, and leaves out what only means something on one machine. The API is young: `labs/k8s/README.md` says what
//! was checked of it and what was not.

use super::topology::{Magic, Topology, expand};
use serde_yaml::{Mapping, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Group and version of the resource.
const API: &str = "c9s.run/v1alpha1";
/// Bytes of an IP packet that fit into a tunnel on an ordinary network.
const MTU: u16 = 1400;
/// Names of pods, services and tunnels are made of a node's name.
const LONGEST_NAME: usize = 9;
/// Node settings that have no meaning in a pod, and that the API refuses.
const LEFT_OUT: [&str; 4] = ["labels", "stages", "healthcheck", "startup-delay"];

/// The manifest, as text of two YAML documents. The same lab always gives the same text. An error: all that has no place in
/// a cluster, a line each.
pub fn manifest(topology: &Topology) -> Result<String, String> {
    let text = std::fs::read_to_string(&topology.file)
        .map_err(|e| format!("cannot read {}: {e}", topology.file.display()))?;
    let (text, _) = expand(&text, &|name| std::env::var(name).ok());
    let file: Mapping = serde_yaml::from_str(&text).map_err(|e| e.to_string())?;
    let mut writer = Writer { topology, problems: Vec::new(), files: BTreeMap::new() };
    let definition = writer.definition(file);
    let manifest = writer.documents(&definition);
    match writer.problems.as_slice() {
        [] => manifest.map_err(|e| e.to_string()),
        problems => Err(problems.join("\n")),
    }
}

struct Writer<'t> {
    topology: &'t Topology,
    problems: Vec<String>,
    /// By node: what it binds, as (path beside the topology, key in the ConfigMap).
    files: BTreeMap<String, BTreeSet<(String, String)>>,
}

impl Writer<'_> {
    /// The topology file as it is to be in the cluster.
    fn definition(&mut self, file: Mapping) -> Mapping {
        let name = &self.topology.name;
        if !is_name(name) || name.len() > 40 {
            self.problems
                .push(format!("the lab's name `{name}`: expected lowercase letters, digits and `-`"));
        }
        let empty = Mapping::new();
        let body = file.get("topology").and_then(Value::as_mapping).unwrap_or(&empty);
        let mut out = Mapping::new();
        for section in ["defaults", "kinds", "groups"] {
            let Some(Value::Mapping(settings)) = body.get(section) else { continue };
            let mut settings = settings.clone();
            match section {
                "defaults" => strip(&mut settings),
                _ => settings.values_mut().filter_map(Value::as_mapping_mut).for_each(strip),
            }
            out.insert(section.into(), settings.into());
        }
        let nodes = body.get("nodes").and_then(Value::as_mapping).unwrap_or(&empty);
        let mut written = Mapping::new();
        for (name, own) in nodes {
            let (Some(name), own) = (name.as_str(), own.as_mapping().cloned().unwrap_or_default()) else {
                continue;
            };
            written.insert(name.into(), self.node(name, own, body).into());
        }
        out.insert("nodes".into(), written.into());
        let links = body.get("links").and_then(Value::as_sequence);
        let links: Vec<Value> = links.into_iter().flatten().map(|l| self.link(l)).collect();
        out.insert("links".into(), links.into());
        let mut definition = Mapping::new();
        definition.insert("name".into(), name.as_str().into());
        definition.insert("topology".into(), out.into());
        definition
    }

    /// A node with its own settings, and the binds of all layers as its own: there, paths are no longer completed by a
    /// node's name.
    fn node(&mut self, name: &str, mut own: Mapping, body: &Mapping) -> Mapping {
        if !is_name(name) || name.len() > LONGEST_NAME {
            self.problems.push(format!(
                "node `{name}`: expected at most {LONGEST_NAME} lowercase letters, digits and `-`"
            ));
        }
        let layers = layers(&own, body);
        let kind = layers.iter().rev().find_map(|l| l.get("kind")?.as_str()).unwrap_or_default();
        if kind != "linux" {
            self.problems
                .push(format!("node `{name}` is a `{kind}`: only cables between two nodes cross a cluster"));
        }
        let magic = Magic { node: name, lab: &self.topology.name, dir: "/clabernetes" };
        let mut binds: BTreeMap<String, String> = BTreeMap::new();
        for bind in layers.iter().filter_map(|l| l.get("binds")?.as_sequence()).flatten() {
            let bind = magic.replace(bind.as_str().unwrap_or_default());
            if let Some((source, rest)) = bind.split_once(':') {
                let target = rest.split(':').next().unwrap_or(rest).to_owned();
                binds.insert(target, bind.clone());
                self.file(name, source);
            }
        }
        strip(&mut own);
        if !binds.is_empty() {
            let binds: Vec<Value> = binds.into_values().map(Value::from).collect();
            own.insert("binds".into(), binds.into());
        }
        own
    }

    /// Notes a file that a node binds, under a key that a ConfigMap allows.
    fn file(&mut self, node: &str, source: &str) {
        let path = source.strip_prefix("./").unwrap_or(source);
        let key: String = path.chars().map(|c| if c == '/' { '.' } else { c }).collect();
        let inside = !path.starts_with('/') && !path.split('/').any(|part| part == "..");
        let allowed = key.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c));
        if !inside || !allowed || !self.topology.folder().join(path).is_file() {
            self.problems
                .push(format!("node `{node}` binds `{source}`: expected a file beside the topology"));
            return;
        }
        self.files.entry(node.to_owned()).or_default().insert((source.to_owned(), key));
    }

    fn link(&mut self, link: &Value) -> Value {
        let kind = link.get("type").and_then(Value::as_str).unwrap_or("veth");
        let mut out = Mapping::new();
        if kind != "veth" {
            self.problems
                .push(format!("a link of type `{kind}`: only cables between two nodes cross a cluster"));
        }
        if let Some(endpoints) = link.get("endpoints") {
            out.insert("endpoints".into(), endpoints.clone());
        }
        out.insert("mtu".into(), MTU.into());
        out.into()
    }

    fn documents(&self, definition: &Mapping) -> Result<String, serde_yaml::Error> {
        let name = &self.topology.name;
        let config_map = format!("{name}-files");
        let mut data = Mapping::new();
        let all: BTreeSet<&(String, String)> = self.files.values().flatten().collect();
        for (path, key) in all {
            let text = std::fs::read_to_string(self.topology.folder().join(path)).unwrap_or_default();
            data.insert(key.as_str().into(), text.into());
        }
        let mut mounts = Mapping::new();
        for (node, files) in &self.files {
            let mount = |(path, key): &(String, String)| {
                let fields = [("configMapName", &config_map), ("configMapPath", key), ("filePath", path)];
                Value::Mapping(fields.map(|(k, v)| (k.into(), v.as_str().into())).into_iter().collect())
            };
            mounts.insert(node.as_str().into(), files.iter().map(mount).collect::<Vec<_>>().into());
        }
        let map = |entries: Vec<(&str, Value)>| -> Value {
            Value::Mapping(entries.into_iter().map(|(k, v)| (k.into(), v)).collect())
        };
        let metadata = |name: &str| map(vec![("name", name.into())]);
        let files = map(vec![
            ("apiVersion", "v1".into()),
            ("kind", "ConfigMap".into()),
            ("metadata", metadata(&config_map)),
            ("data", data.into()),
        ]);
        let topology = map(vec![
            ("apiVersion", API.into()),
            ("kind", "Topology".into()),
            ("metadata", metadata(name)),
            (
                "spec",
                map(vec![
                    // Another Topology in the namespace may have nodes of the same names.
                    ("naming", "prefixed".into()),
                    // Nobody outside has to reach a router of a lab.
                    ("expose", map(vec![("disableExpose", true.into())])),
                    ("deployment", map(vec![("filesFromConfigMap", mounts.into())])),
                    ("definition", map(vec![("containerlab", serde_yaml::to_string(definition)?.into())])),
                ]),
            ),
        ]);
        Ok(format!(
            "# The lab {name} for clabernetes, written by `routerd lab k8s`: change the lab, not this file.\n\
             # Checked against the definition of the resource; not yet run on a cluster.\n\
             {}---\n{}",
            serde_yaml::to_string(&files)?,
            serde_yaml::to_string(&topology)?
        ))
    }
}

/// What a node is made of, the most general first: defaults, its kind, its group, itself.
fn layers(own: &Mapping, body: &Mapping) -> Vec<Mapping> {
    let section = |name: &str| body.get(name).and_then(Value::as_mapping);
    let of = |name: &str, key: Option<&str>| section(name)?.get(key?).and_then(Value::as_mapping).cloned();
    let word = |layer: Option<&Mapping>, key: &str| Some(layer?.get(key)?.as_str()?.to_owned());
    let defaults = section("defaults");
    let group_name = word(Some(own), "group").or_else(|| word(defaults, "group"));
    let group = of("groups", group_name.as_deref());
    let kind_name =
        word(Some(own), "kind").or_else(|| word(group.as_ref(), "kind")).or_else(|| word(defaults, "kind"));
    let kind = of("kinds", kind_name.as_deref());
    [defaults.cloned(), kind, group, Some(own.clone())].into_iter().flatten().collect()
}

/// Leaves out what has no meaning in a pod, and binds, which are written to each node.
fn strip(settings: &mut Mapping) {
    settings.retain(|key, _| key.as_str().is_none_or(|k| k != "binds" && !LEFT_OUT.contains(&k)));
}

/// A DNS label of RFC 1035.
fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.ends_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

#[cfg(test)]
mod tests {
    use super::super::topology;
    use super::*;
    use std::path::Path;

    fn labs() -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../labs")
    }

    #[test]
    fn the_manifest_in_the_repository_is_that_of_the_lab() {
        let topology = topology::load(Some(&labs().join("clos"))).unwrap();
        let (made, kept) = (manifest(&topology).unwrap(), labs().join("k8s/clos.yaml"));
        let hint = "cargo run -- lab k8s labs/clos -o labs/k8s/clos.yaml";
        assert!(std::fs::read_to_string(kept).unwrap() == made, "the lab has changed: {hint}");
    }

    #[test]
    fn every_router_gets_its_own_file_and_every_cable_fits_a_tunnel() {
        let topology = topology::load(Some(&labs().join("clos"))).unwrap();
        let text = manifest(&topology).unwrap();
        let documents: Vec<Value> = text.split("---\n").map(|d| serde_yaml::from_str(d).unwrap()).collect();
        let [files, lab] = documents.as_slice() else { panic!("{} documents", documents.len()) };
        let config = std::fs::read_to_string(labs().join("clos/configs/leaf1.yaml")).unwrap();
        assert_eq!(files["data"]["configs.leaf1.yaml"], Value::from(config));
        let mount = &lab["spec"]["deployment"]["filesFromConfigMap"]["leaf1"][0];
        assert_eq!(mount["configMapName"], files["metadata"]["name"]);
        assert_eq!(mount["configMapPath"], Value::from("configs.leaf1.yaml"));
        let definition = lab["spec"]["definition"]["containerlab"].as_str().unwrap();
        assert!(!definition.contains("__clab"));
        let inner: Value = serde_yaml::from_str(definition).unwrap();
        let bind = format!("{}:/etc/routerd/routerd.yaml", mount["filePath"].as_str().unwrap());
        assert_eq!(inner["topology"]["nodes"]["leaf1"]["binds"][0], Value::from(bind));
        let links = inner["topology"]["links"].as_sequence().unwrap();
        assert_eq!(links.len(), topology.links.len());
        assert!(links.iter().all(|l| l["mtu"].as_u64() == Some(1400)));
        // What is in the manifest is a lab like any other.
        let folder = labs().join("clos/clos.clab.yml");
        let again = topology::parse(definition, &folder, &|_| None).unwrap();
        assert_eq!(again.nodes, topology.nodes);
    }

    #[test]
    fn what_has_no_place_in_a_cluster_is_refused_all_at_once() {
        let folder = std::env::temp_dir().join(format!("routerd-lab-k8s-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let text = "name: Lab_1\ntopology:\n  nodes:\n    backbone-1: {kind: linux}\n    lan: {kind: bridge}\n    \
                    r1: {kind: linux, binds: [\"/etc/hosts:/x\"]}\n  links: []\n";
        let file = folder.join("t.clab.yml");
        std::fs::write(&file, text).unwrap();
        let error = manifest(&topology::load(Some(&file)).unwrap()).unwrap_err();
        std::fs::remove_dir_all(&folder).unwrap();
        for expected in
            ["name `Lab_1`", "node `backbone-1`", "`lan` is a `bridge`", "`r1` binds `/etc/hosts`"]
        {
            assert!(error.contains(expected), "{expected} not in {error}");
        }
    }
}
