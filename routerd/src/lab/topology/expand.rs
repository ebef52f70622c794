//! Variables in a topology file: `${V}`, `${V:=default}`, `${V:-default}` from the environment, replaced in the
//! text before it is read, as containerlab does; and the magic ones `__clabNodeName__` and friends in single values.

/// Where variables come from: the process environment, or a test's.
pub type Environment<'e> = &'e dyn Fn(&str) -> Option<String>;

/// Replaces environment variables. One that is unset and has no default stays as it is (containerlab's rule), and
/// is named in the second value.
pub fn expand(text: &str, environment: Environment<'_>) -> (String, Vec<String>) {
    let mut out = String::with_capacity(text.len());
    let mut unset = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        out.push_str(before);
        let Some((inside, tail)) = after.split_once('}') else {
            out.push_str("${");
            rest = after;
            continue;
        };
        match value(inside, environment) {
            Some(value) => out.push_str(&value),
            None => {
                out.push_str("${");
                out.push_str(inside);
                out.push('}');
                unset.push(inside.to_owned());
            }
        }
        rest = tail;
    }
    out.push_str(rest);
    (out, unset)
}

/// `V`, `V:=d`, `V:-d` (unset or empty), `V=d`, `V-d` (unset).
fn value(inside: &str, environment: Environment<'_>) -> Option<String> {
    let end = inside.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(inside.len());
    let (name, operator) = inside.split_at(end);
    if name.is_empty() {
        return None;
    }
    let set = environment(name);
    if operator.is_empty() {
        return set;
    }
    let default = |operator: &str| operator.strip_prefix(['=', '-']).map(str::to_owned);
    match operator.strip_prefix(':') {
        Some(operator) => set.filter(|v| !v.is_empty()).or_else(|| default(operator)),
        None => set.or_else(|| default(operator)),
    }
}

/// The magic variables of a node.
pub struct Magic<'m> {
    /// `__clabNodeName__`
    pub node: &'m str,
    /// `__clabLabName__`
    pub lab: &'m str,
    /// `__clabDir__`: where containerlab keeps its state, `clab-NAME` beside the topology.
    pub dir: &'m str,
}

impl Magic<'_> {
    /// Replaces them in one value.
    pub fn replace(&self, text: &str) -> String {
        text.replace("__clabNodeDir__", &format!("{}/{}", self.dir, self.node))
            .replace("__clabDir__", self.dir)
            .replace("__clabNodeName__", self.node)
            .replace("__clabLabName__", self.lab)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(name: &str) -> Option<String> {
        match name {
            "SET" => Some("value".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        }
    }

    #[test]
    fn variables_take_their_value_or_their_default() {
        for (text, expected) in [
            ("a ${SET} b", "a value b"),
            ("${NO:=dflt}", "dflt"),
            ("${NO:-dflt}", "dflt"),
            ("${EMPTY:=dflt}", "dflt"),
            ("${EMPTY=dflt}", ""),
            ("${SET:-dflt}", "value"),
            ("${NO:-}", ""),
            ("$5 and ${ and }", "$5 and ${ and }"),
            ("no end ${SET", "no end ${SET"),
        ] {
            assert_eq!(expand(text, &environment).0, expected, "{text}");
        }
    }

    #[test]
    fn an_unset_variable_stays_and_is_named() {
        assert_eq!(expand("x ${NO}", &environment), ("x ${NO}".to_owned(), vec!["NO".to_owned()]));
    }

    #[test]
    fn magic_variables_name_the_node() {
        let magic = Magic { node: "r1", lab: "ring", dir: "/x/clab-ring" };
        assert_eq!(magic.replace("configs/__clabNodeName__.yaml:/y"), "configs/r1.yaml:/y");
        assert_eq!(magic.replace("__clabNodeDir__/__clabLabName__"), "/x/clab-ring/r1/ring");
    }
}
