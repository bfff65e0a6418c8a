import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { warningsOf } from "../../src/config/warnings.ts";
import { loadDeployed } from "./configs.ts";
import { file, root } from "./repository.ts";

interface Service {
  image: string;
  build?: { context: string; dockerfile: string };
  ports?: string[];
  environment?: Record<string, string>;
  user?: string;
  dns?: string;
  network_mode?: string;
  networks?: string[] | Record<string, { ipv4_address: string }>;
  depends_on?: Record<string, { condition: string }>;
  volumes?: string[];
  tmpfs?: string[];
  read_only?: boolean;
  cap_drop?: string[];
  cap_add?: string[];
  security_opt?: string[];
}

interface Compose {
  services: Record<string, Service>;
  networks?: Record<string, { ipam: { config: { subnet: string }[] } }>;
  volumes?: Record<string, null>;
}

/** The keys of the Compose specification that these files use; another one would be passed over or refused. */
const SERVICE_KEYS = new Set([
  ..."image build container_name restart ports environment user dns network_mode networks depends_on".split(
    " ",
  ),
  ..."volumes tmpfs read_only cap_drop cap_add security_opt sysctls mem_limit".split(" "),
]);

const folder = join(root, "deploy/compose");
const names = readdirSync(folder).filter((name) => name.endsWith(".yaml"));
const compose = (name: string): Compose => parse(file(`deploy/compose/${name}`));

describe.each(names)("deploy/compose/%s", (name) => {
  const { services, networks, volumes, ...rest } = compose(name);
  const dotls = services["dotls"]!;

  it("uses keys that Compose knows", () => {
    expect(Object.keys(rest)).toEqual([]);
    const keys = Object.values(services).flatMap((service) => Object.keys(service));
    expect(keys.filter((key) => !SERVICE_KEYS.has(key))).toEqual([]);
  });

  it("builds the image that the Dockerfile of the repository makes", () => {
    expect(existsSync(join(folder, dotls.build!.context, dotls.build!.dockerfile))).toBe(true);
    expect(dotls.image).toBe("dotls");
  });

  it("gives dotls no right that it does not need, and no place to write but for its control socket", () => {
    expect(dotls).toMatchObject({
      read_only: true,
      cap_drop: ["ALL"],
      security_opt: ["no-new-privileges:true"],
      tmpfs: ["/run/dotls"],
    });
    // Only the network of the host keeps port 53 for root with this capability.
    const root = dotls.network_mode === "host";
    expect([dotls.user, dotls.cap_add]).toEqual(
      root ? ["0:0", ["NET_BIND_SERVICE"]] : [undefined, undefined],
    );
  });

  it("sets dotls up with what it understands, and warns of nothing", async () => {
    const mounted = dotls.volumes?.find((volume) => volume.includes(":/etc/dotls"))?.split(":")[0];
    const path =
      mounted === undefined ? "deploy/container/dotls.yaml" : join("deploy/compose", mounted, "dotls.yaml");
    const config = await loadDeployed(file(path), dotls.environment);
    expect(warningsOf(config)).toEqual([]);
    expect(config.upstreams.length).toBeGreaterThan(0);
    // `dotls query` inside asks the server of the container.
    const asked = dotls.environment?.["DOTLS_QUERY_SERVER"] ?? "127.0.0.1:5300";
    expect(config.listen.map(({ port }) => port)).toContain(Number(asked.split(":")[1]));
  });

  it("publishes port 53 for UDP and for TCP, and on no address that it does not name", () => {
    const published = Object.values(services).flatMap(({ ports }) => ports ?? []);
    for (const port of published)
      expect(port).toMatch(/^(?:127\.0\.0\.1|\$\{LAN_ADDRESS[^}]*\}):\d+:\d+\/(?:udp|tcp)$/);
    const bare = published.map((port) => port.replaceAll(/\$\{LAN_ADDRESS[^}]*\}/g, "LAN"));
    const udp = bare.filter((port) => port.endsWith("/udp"));
    for (const port of udp) expect(bare).toContain(port.replace(/udp$/, "tcp"));
  });

  it("sends others to an address that dotls has, at its port, and only once it is healthy", async () => {
    const fixed = Array.isArray(dotls.networks) ? [] : Object.values(dotls.networks ?? {});
    const address = fixed[0]?.ipv4_address;
    const subnet = Object.values(networks ?? {})[0]?.ipam.config[0]?.subnet;
    if (address !== undefined) expect(address.startsWith(subnet!.replace(/0\/24$/, ""))).toBe(true);
    const { listen } = await loadDeployed(null, dotls.environment);
    const port = dotls.environment?.["DOTLS_LISTEN"] === undefined ? 5300 : listen[0]!.port;
    const others = Object.entries(services).filter(([service]) => service !== "dotls");
    for (const [, other] of others) {
      const target =
        other.dns === undefined ? other.environment!["FTLCONF_dns_upstreams"] : `${other.dns}#53`;
      expect(target).toBe(`${address}#${port}`);
      expect(other.depends_on).toEqual({ dotls: { condition: "service_healthy" } });
      expect(other.image).toMatch(/^[a-z]+(?:\/[a-z]+)?:[a-z0-9.]+$/);
    }
    const used = Object.values(services).flatMap((service) => service.volumes ?? []);
    const named = used.map((volume) => volume.split(":")[0]!).filter((volume) => !volume.startsWith("."));
    expect(named.sort()).toEqual(Object.keys(volumes ?? {}).sort());
  });
});

it("there is one for a host, beside an application, behind Pi-hole and with a private upstream", () => {
  expect(names.sort()).toEqual([
    "behind-pihole.yaml",
    "beside-an-application.yaml",
    "host-network.yaml",
    "host.yaml",
    "private-upstream.yaml",
  ]);
});
