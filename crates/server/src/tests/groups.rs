// SPDX-License-Identifier: EUPL-1.2
//! Groups as invitees, and invitations that wait for somebody's first login.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{PASSWORD, Stage, on_both};

async fn id(stage: &Stage, who: &str) -> String {
    stage.get("/v1/users/me", who).await.json()["id"]
        .as_str()
        .unwrap()
        .to_owned()
}

async fn event(stage: &Stage, who: &str) -> String {
    let event = json!({"title": "Budget", "is_time_independent": true});
    let event = stage.post("/v1/events", who, event).await.json();
    format!("/v1/events/{}", event["id"].as_str().unwrap())
}

async fn invited(stage: &Stage, event: &str, who: &str) -> Vec<Value> {
    let all = stage.get(&format!("{event}/invites"), who).await.json();
    all.as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_is_found_and_everybody_in_it_is_invited_once() {
    on_both(async |stage| {
        let ada = stage.administrator("ada@example.org").await;
        let anna = stage.person("anna@example.org", "Anna Arndt").await;
        let (bo, cem) = (
            stage.person("bo@example.org", "Bo Berg").await,
            stage.person("cem@example.org", "Cem Can").await,
        );
        for (who, groups) in [
            (&anna, json!(["Ausschuss für Straßen"])),
            (&bo, json!(["Ausschuss für Straßen", "Rat"])),
            (&cem, json!(["Ausschuss für Straßen"])),
        ] {
            let path = format!("/v1/admin/users/{}", id(&stage, who).await);
            let reply = stage
                .ask(Method::PATCH, &path, &ada, Some(json!({"groups": groups})))
                .await;
            assert_eq!((reply.status, &reply.json()["groups"]), (StatusCode::OK, &groups));
        }
        let found = stage.get("/v1/users/groups?q=strassen", &bo).await.json();
        assert_eq!(found, json!([{"name": "Ausschuss für Straßen", "members": 3}]));
        assert_eq!(
            stage.get("/v1/users/groups?q=st", &bo).await.status,
            StatusCode::BAD_REQUEST
        );

        let event = event(&stage, &anna).await;
        let invite = async |body| stage.post(&format!("{event}/invites"), &anna, body).await.status;
        let group = json!({"group": "Ausschuss für Straßen", "role": "moderator"});
        assert_eq!(invite(group.clone()).await, StatusCode::CREATED);
        assert_eq!(invite(group).await, StatusCode::NO_CONTENT, "they were invited before");
        for wrong in [
            json!({"group": "Nobody"}),
            json!({"group": "Rat", "email": "x@example.org"}),
        ] {
            assert_eq!(invite(wrong).await, StatusCode::UNPROCESSABLE_ENTITY);
        }
        let there = invited(&stage, &event, &anna).await;
        let mut names: Vec<&str> = there
            .iter()
            .map(|one| one["profile"]["display_name"].as_str().unwrap())
            .collect();
        names.sort_unstable();
        assert_eq!(names, ["Bo Berg", "Cem Can"], "not the organiser");
        assert_eq!(there[0]["profile"]["role"], "moderator");

        // Another organisation's groups are not there.
        let other = stage.tenant("other").await;
        let nora = stage
            .person_of(other, "nora@example.net", "Nora", crate::users::Administers::Nothing)
            .await;
        assert_eq!(stage.get("/v1/users/groups?q=strassen", &nora).await.json(), json!([]));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_by_address_becomes_that_of_the_account_made_later() {
    on_both(async |stage| {
        let ada = stage.administrator("ada@example.org").await;
        let event = event(&stage, &ada).await;
        for (email, role) in [("new@example.org", "moderator"), ("later@example.org", "guest")] {
            let body = json!({"email": email, "role": role});
            let reply = stage.post(&format!("{event}/invites"), &ada, body).await;
            assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
        }
        let body = json!({"email": "new@example.org", "display_name": "Nele Neu", "password": PASSWORD});
        let reply = stage.post("/v1/admin/users", &ada, body).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
        let nele = stage.bearer("new@example.org").await;
        let later = stage.person("later@example.org", "Lea Later").await;
        for (who, role) in [(&nele, "moderator"), (&later, "user")] {
            let seen = stage.get(&event, who).await;
            assert_eq!(
                (seen.status, &seen.json()["invite_status"]),
                (StatusCode::OK, &json!("pending"))
            );
            let me = id(&stage, who).await;
            let there = invited(&stage, &event, &ada).await;
            let own = there.iter().find(|one| one["profile"]["id"] == json!(me)).unwrap();
            assert_eq!(own["profile"]["role"], role);
        }
        assert_eq!(invited(&stage, &event, &ada).await.len(), 2, "each once");
    })
    .await;
}
