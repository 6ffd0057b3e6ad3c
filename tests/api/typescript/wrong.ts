// Each line marked here must be an error of types: otherwise the client checks nothing.
import createClient from "openapi-fetch";
import type { paths } from "./afterword.js";

const api = createClient<paths>();
// @ts-expect-error: a post has no "titel"
await api.POST("/api/v1/posts", { body: { titel: "Misspelt" } });
// @ts-expect-error: there is no such address
await api.GET("/api/v1/nonsense");
