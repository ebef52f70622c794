//! Configuration files: the one place where a router's configuration is read from and written to disk.
//! The router itself has no files, so commands that need one are answered here before they reach it.

use crate::appliance::{self, End};
use crate::router::{Router, Startup};
use cli::{Command, Reply};
use configs::Config;
use std::path::Path;

/// Which of the two forms a file has.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Form {
    /// `*.yaml`, `*.yml` and everything else.
    Yaml,
    /// `*.conf`, `*.cfg`, `*.ios`: lines as typed in configuration mode.
    Text,
}

impl Form {
    /// By the file's name.
    pub fn of(path: &str) -> Form {
        match Path::new(path).extension().and_then(|e| e.to_str()) {
            Some("conf" | "cfg" | "ios") => Form::Text,
            _ => Form::Yaml,
        }
    }
}

/// Reads a configuration. `Err`: every problem, ready to print.
pub fn read(path: &str) -> Result<Config, String> {
    let text = std::fs::read_to_string(path).map_err(|e| format!("{path}: {e}"))?;
    parse(&text, path)
}

/// Reads a configuration from text that came from the file called `path`.
pub fn parse(text: &str, path: &str) -> Result<Config, String> {
    match Form::of(path) {
        Form::Yaml => configs::yaml::parse(text, path).map_err(|e| e.to_string()),
        Form::Text => cli::text::parse(text, path)
            .map_err(|errors| errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")),
    }
}

/// Prints a configuration in the form that belongs to `path`.
pub fn print(config: &Config, path: &str) -> String {
    match Form::of(path) {
        Form::Yaml => configs::yaml::print(config),
        Form::Text => cli::text::print(config),
    }
}

/// Writes a configuration so that the file holds either the old or the new one, whatever happens.
pub fn write(config: &Config, path: &str) -> Result<(), String> {
    configs::store::write_atomic(Path::new(path), &print(config, path)).map_err(|e| format!("{path}: {e}"))
}

/// Answers the commands that need files or the machine; `None`: the command is for the router alone.
pub fn execute(router: &mut Router, now: fib::Instant, command: &Command) -> Option<Reply> {
    let result = match command {
        Command::WriteMemory => match &router.startup().fault {
            // What is in force is not what the file says: saving it would lose what somebody wrote.
            Some(fault) => Err(format!(
                "not saved: the startup configuration is not in force and would be lost\n{fault}\n\
                 `copy running-config startup-config` replaces it"
            )),
            None => save(router),
        },
        Command::Copy { from, to } => copy(router, now, from, to),
        Command::EndMachine { restart } => end_machine(*restart),
        _ => return None,
    };
    Some(match result {
        Ok(remark) => Reply::Remark(remark),
        Err(reason) => Reply::Error(reason),
    })
}

fn end_machine(restart: bool) -> Result<String, String> {
    appliance::request(if restart { End::Reboot } else { End::PowerOff })?;
    Ok(if restart { "The machine starts again." } else { "The machine is switched off." }.to_owned())
}

fn save(router: &mut Router) -> Result<String, String> {
    let config = router.config().clone();
    let path = router.startup().path.clone();
    let path = path.ok_or("no startup configuration file: this router was not started from one")?;
    write(&config, &path)?;
    router.set_startup(Startup { path: Some(path.clone()), config: Some(config), fault: None });
    Ok(format!("Configuration saved to {path}\n[OK]"))
}

fn copy(router: &mut Router, now: fib::Instant, from: &str, to: &str) -> Result<String, String> {
    let config = match from {
        "running-config" => router.config().clone(),
        "startup-config" => match &router.startup().path {
            Some(path) => read(path)?,
            None => return Err("there is no startup configuration".to_owned()),
        },
        path => read(path)?,
    };
    match to {
        "running-config" => {
            router.apply(now, config)?;
            Ok(format!("{from} is now the running configuration\n[OK]"))
        }
        "startup-config" if from == "running-config" => save(router),
        "startup-config" => {
            let path = router.startup().path.clone().ok_or("no startup configuration file")?;
            write(&config, &path)?;
            router.set_startup(Startup { path: Some(path), config: Some(config), fault: None });
            Ok("[OK]".to_owned())
        }
        path => {
            write(&config, path)?;
            Ok(format!("Configuration saved to {path}\n[OK]"))
        }
    }
}
