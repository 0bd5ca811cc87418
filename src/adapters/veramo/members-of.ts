/** What a class of Veramo's has to have, without being one: its abstract classes have nothing that could be inherited. */
export type MembersOf<Class> = Pick<Class, keyof Class>
