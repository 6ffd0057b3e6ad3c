// What a program does with the typed client: each call is checked against the description, and runs against a server.
import assert from "node:assert/strict";
import { test } from "node:test";
import createClient from "openapi-fetch";
import type { paths } from "./afterword.js";

const baseUrl = process.env.SITE ?? "";
const entered = await createClient<paths>({ baseUrl }).POST("/api/v1/tokens", {
  body: { username: "edda", password: process.env.PASSWORD ?? "", name: "program" },
});
assert.ok(entered.data, JSON.stringify(entered.error));
const api = createClient<paths>({ baseUrl, headers: { Authorization: `Token ${entered.data.token}` } });

test("a post is made, published, and followed", async () => {
  const made = await api.POST("/api/v1/posts", { body: { title: "By a client", content: "Some *words*." } });
  assert.ok(made.data, JSON.stringify(made.error));
  const post_id = made.data.id;
  const path = { post_id };
  const published = await api.POST("/api/v1/posts/{post_id}/publication", { params: { path }, body: { where: "site" } });
  assert.equal(published.data?.status, "published");
  const effects = await api.GET("/api/v1/effects", { params: { query: { about: `post:${post_id}` } } });
  assert.ok(effects.data?.some((each) => each.task === "search.refresh"));
});

test("a comment is judged", async () => {
  const held = await api.GET("/api/v1/comments", { params: { query: { status: "held" } } });
  const comment = held.data?.[0];
  assert.ok(comment, JSON.stringify(held.error));
  const judged = await api.PUT("/api/v1/comments/{comment_id}/status", {
    params: { path: { comment_id: comment.id } },
    body: { status: "approved" },
  });
  assert.equal(judged.data?.status, "approved");
});

test("subscribers, settings and webhooks are read", async () => {
  const subscribers = await api.GET("/api/v1/subscribers");
  assert.equal(subscribers.data?.items.length, 1);
  const settings = await api.PATCH("/api/v1/settings", { body: { tagline: "Set by a client" } });
  assert.equal(settings.data?.tagline, "Set by a client");
  const webhooks = await api.GET("/api/v1/webhooks");
  assert.deepEqual(webhooks.data, []);
});

test("a refusal is a problem with a detail", async () => {
  const refused = await api.GET("/api/v1/posts/{post_id}", { params: { path: { post_id: 999_999_999 } } });
  assert.equal(refused.response.status, 404);
  assert.equal(typeof refused.error?.detail, "string");
});
