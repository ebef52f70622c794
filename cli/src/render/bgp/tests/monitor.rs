//! Monitoring stations and dumps.

use super::*;
use bgp::config::DumpKind;

fn connection(port: u16, state: BmpState) -> BmpConnection {
    BmpConnection {
        address: ip("127.0.0.1"),
        port,
        state,
        why: None,
        timer_ms: 4_000,
        route_monitoring: 0,
        bytes: 0,
        queued: 0,
    }
}

fn target(name: &str, connection: Option<BmpConnection>) -> BmpTargetView {
    BmpTargetView {
        name: name.to_owned(),
        pre_policy: vec![Family::Ipv4],
        post_policy: vec![Family::Ipv4, Family::Ipv6],
        stats_interval_ms: None,
        connection,
    }
}

#[test]
fn stations_are_shown_as_bgpd_with_its_bmp_module_has_them() {
    let up = BmpConnection { bytes: 82, route_monitoring: 3, ..connection(5555, BmpState::Up) };
    let waits = BmpConnection {
        why: Some("Connection refused".to_owned()),
        timer_ms: 1_000,
        ..connection(5556, BmpState::RetryWait)
    };
    let view = BmpView { targets: vec![target("T1", Some(up)), target("T2", Some(waits))] };
    // Columns as in what bgpd 8.4 printed with one station listening and one not.
    let expected = "\
BMP state for BGP VRF default:

  Route Mirroring         0 bytes (0 messages) pending
                          0 bytes maximum buffer used

  Targets \"T1\":
    Route Mirroring disabled
    Route Monitoring IPv4 unicast pre-policy and post-policy
    Route Monitoring IPv6 unicast post-policy
    Listeners:

    Outbound connections:
 remote           state                    timer      local      |
 ----------------------------------------------------------------|
 127.0.0.1:5555   Up      127.0.0.1:5555   00:00:04   (unspec)   |

    1 connected clients:
 remote           uptime     MonSent   MirrSent   MirrLost   ByteSent   ByteQ   ByteQKernel   |
 ---------------------------------------------------------------------------------------------|
 127.0.0.1:5555   00:00:04   3         0          0          82         0       0             |

  Targets \"T2\":
    Route Mirroring disabled
    Route Monitoring IPv4 unicast pre-policy and post-policy
    Route Monitoring IPv6 unicast post-policy
    Listeners:

    Outbound connections:
 remote           state                            timer      local      |
 ------------------------------------------------------------------------|
 127.0.0.1:5556   RetryWait   Connection refused   00:00:01   (unspec)   |

    0 connected clients:
 remote   uptime   MonSent   MirrSent   MirrLost   ByteSent   ByteQ   ByteQKernel   |
 -----------------------------------------------------------------------------------|

";
    // The bars only keep blanks at the end of lines visible.
    assert_eq!(printed(&BgpReply::Bmp(view.clone())), expected.replace('|', ""));
    let json = as_json(&BgpReply::Bmp(view));
    assert_eq!(json["targets"][1]["connection"]["state"], "RetryWait");
    assert_eq!(json["targets"][0]["connection"]["routeMonitoring"], 3);
}

#[test]
fn dumps_tell_their_files_and_what_went_wrong() {
    let view = DumpView {
        kind: DumpKind::Updates,
        path: "/log/u.%H%M".to_owned(),
        file: "/log/u.2215".to_owned(),
        interval: Some(900),
        records: 7,
        bytes: 400,
        waiting: 90,
        lost: 1,
        errors: 2,
        failure: Some("/log/u.2215: No space left on device".to_owned()),
    };
    assert_eq!(
        printed(&BgpReply::Dumps(vec![view])),
        "dump bgp updates /log/u.%H%M, every 900 s\n  File: /log/u.2215\n  \
         7 records, 400 bytes written, 90 waiting, 1 records lost\n  \
         2 errors: /log/u.2215: No space left on device\n"
    );
    assert_eq!(printed(&BgpReply::Dumps(Vec::new())), "Nothing is dumped\n");
}
