import pg from 'pg';
interface State {
    readonly database: pg.Client;
    readonly count: number;
}
declare const Counter: import("starfish").GenServerDefinition<State, number, Promise<import("starfish").Ok<State>>, {
    get: (state: State) => import("starfish").Reply<number, State>;
}, {
    inc: ({ database }: State) => Promise<import("starfish").NoReply<{
        database: import("pg").Client;
        count: number;
    }>>;
}, {}, {}>;
export default Counter;
//# sourceMappingURL=counter-postgres.d.ts.map