pub(super) static GLOSSARY: &[(&str, &str)] = &[];
