// SPDX-License-Identifier: EUPL-1.2
// A real OpenID provider of foreign make, as a test's counterpart. Who comes is logged in without a page.
// Prints its port. Arguments: the port (0: any), "rotated" for another signing key, and for a browser the origin of the pages and
// how many seconds access tokens last.
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

const server = createServer();
const origin = process.argv[4] ?? 'https://konvent.example';
// The latest logout token, which a relying party would get; GET /logout/ACCOUNT issues and gives one.
let logoutToken;
// What the test lets an account's access tokens say: PUT /claims/ACCOUNT.
const told = new Map([['anna', { email: 'Anna@Example.org', name: 'Anna Arndt', given_name: 'Anna', family_name: 'Arndt' }]]);
server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => {
  const { port } = server.address();
  const issuer = `http://127.0.0.1:${port}`;
  // By way of PEM: Node 20 can wait for itself when it exports a key as JWK while it clears away the job that made this very key.
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const key = createPrivateKey(privateKey).export({ format: 'jwk' });
  const provider = new Provider(issuer, {
    jwks: { keys: [{ ...key, use: 'sig', alg: 'RS256', kid: process.argv[3] ?? 'first' }] },
    clients: [
      {
        client_id: 'konvent-web',
        token_endpoint_auth_method: 'none',
        redirect_uris: [`${origin}/auth/callback`],
        post_logout_redirect_uris: [`${origin}/`],
        response_types: ['code'],
        grant_types: ['authorization_code', 'refresh_token'],
        backchannel_logout_uri: process.argv[4] ? `${origin}/v1/auth/logout` : `${issuer}/logout_token`,
      },
    ],
    // It would refuse addresses of this machine.
    fetch: (url, { dispatcher: _, ...options }) => fetch(url, options),
    clientBasedCORS: (_context, from) => from === origin,
    issueRefreshToken: async (_context, client) => client.grantTypeAllowed('refresh_token'),
    cookies: { keys: ['a test needs no secret'] },
    findAccount: (_context, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    // Anna's token tells who she is; for Bo one has to ask.
    extraTokenClaims: (_context, token) => told.get(token.accountId),
    discovery: { userinfo_endpoint: `${issuer}/people` },
    features: {
      devInteractions: { enabled: false },
      backchannelLogout: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: (_context, _client, oneOf) => oneOf ?? 'urn:konvent',
        // Our pages name no resource.
        useGrantedResource: () => process.argv[4] !== undefined,
        getResourceServerInfo: (_context, resource) => ({
          scope: 'openid profile email',
          audience: resource === 'urn:other' ? 'urn:other' : 'urn:konvent',
          accessTokenFormat: 'jwt',
          accessTokenTTL: Number(process.argv[5] ?? 300),
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
      userinfo: { enabled: false },
    },
    interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
    loadExistingGrant: async (context) => {
      const grant = new context.oidc.provider.Grant({
        clientId: context.oidc.client.clientId,
        accountId: context.oidc.session.accountId,
      });
      grant.addOIDCScope('openid profile email');
      for (const resource of ['urn:konvent', 'urn:other']) grant.addResourceScope(resource, 'openid profile email');
      await grant.save();
      return grant;
    },
  });
  const callback = provider.callback();
  server.on('request', (request, response) => {
    if (request.url === '/people') {
      // Its own userinfo takes no token meant for another server; this one does, as Keycloak's.
      const token = request.headers.authorization.split(' ')[1];
      const { sub } = JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));
      return response.end(JSON.stringify({ sub, email: `${sub}@example.org`, name: 'Bo Berg' }));
    }
    let body = '';
    if (request.url === '/logout_token') {
      request.on('data', (part) => (body += part));
      return request.on('end', () => {
        logoutToken = new URLSearchParams(body).get('logout_token');
        response.end();
      });
    }
    if (request.url.startsWith('/logout/')) {
      const account = request.url.slice('/logout/'.length);
      return provider.Client.find('konvent-web')
        .then((client) => client.backchannelLogout(account, 'a session'))
        .then(() => response.end(logoutToken));
    }
    if (request.url.startsWith('/claims/')) {
      request.on('data', (part) => (body += part));
      return request.on('end', () => {
        told.set(request.url.slice('/claims/'.length), JSON.parse(body));
        response.end();
      });
    }
    if (!request.url.startsWith('/interaction/')) return callback(request, response);
    const accountId = request.headers['x-account'] ?? 'anna';
    return provider.interactionFinished(request, response, { login: { accountId } });
  });
  console.log(`${port}`);
});
// The test ends: so does this.
process.stdin.on('end', () => process.exit(0)).resume();
