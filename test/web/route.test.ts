import { expect, it } from "vitest";
import { linkTo, routeOf } from "../../web/route.ts";

it("finds the page and its parameters in the address", () => {
  expect(routeOf("#/queries?rcode=SERVFAIL&name=*.example.com")).toEqual({
    page: "queries",
    parameters: { rcode: "SERVFAIL", name: "*.example.com" },
  });
  expect(routeOf("#/upstreams")).toEqual({ page: "upstreams", parameters: {} });
});

it.each(["", "#", "#/", "#/nothing", "#/../etc", "#constructor"])("takes %j for the first page", (hash) => {
  expect(routeOf(hash).page).toBe("overview");
});

it("comes back from its own links, whatever is in them", () => {
  const parameters = { name: "a&b=c #?%.test.", client: "2001:db8::1" };
  expect(routeOf(linkTo("queries", { ...parameters, type: "" }))).toEqual({ page: "queries", parameters });
  expect(linkTo("config")).toBe("#/config");
});
