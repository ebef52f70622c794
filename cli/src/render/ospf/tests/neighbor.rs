//! Neighbors.

use super::*;

pub(super) fn neighbor() -> Neighbor {
    Neighbor {
        router_id: ip("1.1.1.1"),
        address: ip("10.0.0.1"),
        interface: "eth0".to_owned(),
        local: ip("10.0.0.2"),
        area: AreaId(0),
        area_kind: AreaKind::Normal,
        priority: 1,
        state: NeighborState::Full,
        role: Role::Dr,
        state_changes: 10,
        progress_ms: Some(241_300),
        regress_ms: Some((246_100, "SeqNumberMismatch".to_owned())),
        dead_ms: Some(885),
        dr: ip("10.0.0.1"),
        bdr: ip("10.0.0.2"),
        options: 0x42,
        master: false,
        summaries: 0,
        requests: 0,
        retransmits: 1,
        inactivity_timer: true,
        description_timer: false,
        request_timer: true,
        update_timer: true,
        helper: Some(Helper { reason: 1, left_ms: 119_900 }),
        trouble: None,
    }
}

#[test]
fn neighbors_stand_in_ospfd_s_columns() {
    let other = Neighbor {
        router_id: ip("3.3.3.3"),
        address: ip("10.0.2.3"),
        interface: "eth2".to_owned(),
        local: ip("10.0.2.2"),
        state: NeighborState::TwoWay,
        role: Role::DrOther,
        progress_ms: Some(516),
        dead_ms: Some(39_483),
        retransmits: 0,
        ..neighbor()
    };
    let plain = Neighbor { role: Role::None, dead_ms: None, ..neighbor() };
    let reply = OspfReply::Neighbors(Neighbors { neighbors: vec![neighbor(), plain, other] });
    let face = view(OspfView::Neighbors { detail: false, some: false });
    let expected = "
Neighbor ID     Pri State           Up Time         Dead Time Address         Interface                        RXmtL RqstL DBsmL
1.1.1.1           1 Full/DR         4m01s              0.885s 10.0.0.1        eth0:10.0.0.2                        1     0     0
1.1.1.1           1 Full/-          4m01s            inactive 10.0.0.1        eth0:10.0.0.2                        1     0     0
3.3.3.3           1 2-Way/DROther   0.516s            39.483s 10.0.2.3        eth2:10.0.2.2                        0     0     0

";
    assert_eq!(text(Some(&reply), &face), expected);
    let all = super::json(Some(&reply), &face);
    let rows = &all["neighbors"]["1.1.1.1"];
    assert_eq!((&rows[0]["state"], &rows[0]["converged"]), (&json!("Full/DR"), &json!("Full")));
    assert_eq!((&rows[1]["state"], &rows[1]["role"]), (&json!("Full/-"), &json!("DROther")));
    assert_eq!((&rows[0]["upTime"], &rows[0]["ifaceName"]), (&json!("4m01s"), &json!("eth0:10.0.0.2")));
    let some = super::json(Some(&reply), &view(OspfView::Neighbors { detail: false, some: true }));
    assert_eq!(some["3.3.3.3"][0]["nbrState"], "2-Way/DROther", "no outer object, as in ospfd");
}

#[test]
fn a_neighbor_in_detail_reads_as_ospfd_s() {
    let expected = " Neighbor 1.1.1.1, interface address 10.0.0.1
    In the area 0.0.0.0 via interface eth0
    Neighbor priority is 1, State is Full/DR, 10 state changes
    Most recent state change statistics:
      Progressive change 4m01s ago
      Regressive change 4m06s ago, due to SeqNumberMismatch
    DR is 10.0.0.1, BDR is 10.0.0.2
    Options 66 *|O|-|-|-|-|E|-
    Dead timer due in 0.885s
    Database Summary List 0
    Link State Request List 0
    Link State Retransmission List 1
    Thread Inactivity Timer on
    Thread Database Description Retransmision off
    Thread Link State Request Retransmission on
    Thread Link State Update Retransmission on

    Graceful restart Helper info:
      Graceful Restart HELPER Status : Inprogress.
      Graceful Restart grace period time: 120 (seconds).
      Graceful Restart reason: Software restart.


";
    let reply = OspfReply::Neighbors(Neighbors { neighbors: vec![neighbor()] });
    let face = view(OspfView::Neighbors { detail: true, some: false });
    assert_eq!(text(Some(&reply), &face), expected);
    let json = super::json(Some(&reply), &face);
    let n = &json["neighbors"]["1.1.1.1"][0];
    assert_eq!((&n["optionsList"], &n["grHelperStatus"]), (&json!("*|O|-|-|-|-|E|-"), &json!("Inprogress")));
    assert_eq!(n["lastRegressiveChangeReason"], "SeqNumberMismatch");
}
